using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Waymark.Daemon.Audit;

/// <summary>Notes what the message of a call asks to change, for <see cref="AuditedCalls"/>.</summary>
internal sealed class AuditInterceptor : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Features.Set(AuditedCall.Of(request));
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> stream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Features.Set(AuditedCall.Of(request));
        return continuation(request, stream, context);
    }
}
