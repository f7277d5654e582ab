using Grpc.Core;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Who asked for what.</summary>
internal sealed class AuditApi(RequesterRights rights, AuditLog audit) : V1.AuditService.AuditServiceBase
{
    private const int Usual = 100, Most = 10_000, RecordsPerMessage = 200;

    public override Task ListAuditRecords(V1.ListAuditRecordsRequest request, IServerStreamWriter<V1.ListAuditRecordsResponse> stream, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.RequireAdministrator(context);
        var most = request.Most == 0 ? Usual : (int)Math.Min(request.Most, Most);
        var records = audit.Newest(most, one => (request.Requester.Length == 0 || one.Requester == request.Requester)
            && (request.Outcome == V1.AuditOutcome.Unspecified || Wire(one.Outcome) == request.Outcome));
        foreach (var chunk in records.Chunk(RecordsPerMessage))
        {
            await stream.WriteAsync(new() { Records = { chunk.Select(Wire) } }, context.CancellationToken);
        }
        return true;
    });

    private static V1.AuditRecord Wire(AuditRecord record) => new()
    {
        At = DecisionTranslation.ToWire(record.At),
        Requester = record.Requester,
        From = record.From,
        Request = record.Request,
        Subject = record.Subject,
        Outcome = Wire(record.Outcome),
        Detail = record.Detail,
        Repeated = (uint)record.Repeated,
    };

    private static V1.AuditOutcome Wire(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Accepted => V1.AuditOutcome.Accepted,
        AuditOutcome.Refused => V1.AuditOutcome.Refused,
        AuditOutcome.Expired => V1.AuditOutcome.Expired,
        AuditOutcome.Reverted => V1.AuditOutcome.Reverted,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
