using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Waymark.Daemon.Audit;

/// <summary>Notes what the message of a call asks to change, for <see cref="AuditedCalls"/>.</summary>
internal sealed class AuditInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var features = context.GetHttpContext().Features;
        features.Set(AuditedCall.Of(request, null));
        var response = await continuation(request, context);
        features.Set(AuditedCall.Of(request, response));
        return response;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> stream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Features.Set(AuditedCall.Of(request, null));
        return continuation(request, stream, context);
    }
}
