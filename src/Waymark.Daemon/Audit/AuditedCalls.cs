using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Waymark.Daemon.Api;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;

namespace Waymark.Daemon.Audit;

/// <summary>
/// Keeps a record of each call that changes something and of each that is refused, before its answer ends: whoever has his answer is in the log. What is done is recorded when it is done, not when it is answered: between the
/// two the caller may go, or wait no longer.
/// </summary>
internal sealed class AuditedCalls(AuditLog audit, RequesterRights rights)
{
    /// <summary>Refusals that are recorded of calls that only look: those that say something of who calls.</summary>
    private static readonly StatusCode[] Telling = [StatusCode.PermissionDenied, StatusCode.Unauthenticated, StatusCode.ResourceExhausted, StatusCode.Unimplemented, StatusCode.Internal, StatusCode.Unknown];

    /// <summary>The way of a call, outside all others.</summary>
    public async Task RecordAsync(HttpContext context, Func<Task> next)
    {
        // The socket of a local caller may be gone when he is answered.
        var from = context.Features.Get<RemotePeer>()?.From.ToString();
        context.Features.Set(new Caller(from, from is null ? CallerBounds.UserOf(context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket) : 0));
        try
        {
            await next();
        }
        finally
        {
            Record(context);
        }
    }

    /// <summary>Records that what a call asked for is done: to be called at once, before anything else is waited for.</summary>
    /// <param name="call">The call.</param>
    /// <param name="tell">What more is known of it by now; null: nothing.</param>
    public void Accepted(ServerCallContext call, Func<AuditedCall, AuditedCall>? tell = null)
    {
        var context = call.GetHttpContext();
        var asked = context.Features.GetRequiredFeature<AuditedCall>();
        var done = tell is null ? asked : tell(asked);
        Add(context, AuditedCall.Changes[MethodOf(context)], done, AuditOutcome.Accepted, done.Detail, done.IsOften);
        context.Features.Set(done with { IsRecorded = true });
    }

    private void Record(HttpContext context)
    {
        var method = MethodOf(context);
        var isChange = AuditedCall.Changes.TryGetValue(method, out var words);
        var (status, message) = StatusOf(context);
        if (status == StatusCode.Cancelled || (status == StatusCode.OK ? !isChange : !isChange && !Telling.Contains(status)))
        {
            return;
        }
        var call = context.Features.Get<AuditedCall>();
        if (call is { IsRecorded: true })
        {
            return;
        }
        var isDone = status == StatusCode.OK;
        Add(context, words ?? method, call, isDone ? AuditOutcome.Accepted : AuditOutcome.Refused, isDone ? call?.Detail ?? "" : message, isOften: !isDone || call is { IsOften: true });
    }

    private void Add(HttpContext context, string request, AuditedCall? call, AuditOutcome outcome, string detail, bool isOften)
    {
        var (from, user) = context.Features.GetRequiredFeature<Caller>();
        var requester = from is null ? rights.Find(user)?.Name : context.Features.Get<RemoteCaller>()?.Requester.Name;
        audit.Add(new(default, requester ?? "", from ?? $"user {rights.NameOf(user) ?? user.ToString(CultureInfo.InvariantCulture)}", request, call?.Subject ?? "", outcome, detail), isOften);
    }

    private static string MethodOf(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        return path[(path.LastIndexOf('/') + 1)..];
    }

    /// <summary>What a call came to, in gRPC's words: behind its message, or in its head where there is none; what never became a call of gRPC has none.</summary>
    private static (StatusCode Status, string Message) StatusOf(HttpContext context)
    {
        var head = context.Response.Headers;
        var behind = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        string? Of(string name) => head.TryGetValue(name, out var inHead) ? inHead.ToString() : behind is not null && behind.TryGetValue(name, out var there) ? there.ToString() : null;
        return Of("grpc-status") is not { } text ? (context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.Unknown, $"HTTP {context.Response.StatusCode.ToString(CultureInfo.InvariantCulture)}")
            : ((StatusCode)int.Parse(text, CultureInfo.InvariantCulture), Uri.UnescapeDataString(Of("grpc-message") ?? ""));
    }

    /// <summary>Where a call comes from: a feature of the call.</summary>
    /// <param name="From">An address and a port; null: from this host.</param>
    /// <param name="User">The user on this host.</param>
    private sealed record Caller(string? From, uint User);
}
