using Grpc.Core;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Tariffs;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>What paths have carried, and what the administrator knows better.</summary>
internal sealed class QuotaApi(RequesterRights rights, UsageLedger ledger, AuditedCalls audit, TimeProvider time) : V1.QuotaService.QuotaServiceBase
{
    public override Task<V1.ListQuotasResponse> ListQuotas(V1.ListQuotasRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var now = time.GetUtcNow();
        return Task.FromResult(new V1.ListQuotasResponse { Quotas = { ledger.Standings().Select(one => QuotaTranslation.ToWire(one, now)) }, AsOf = DecisionTranslation.ToWire(now) });
    });

    public override Task<V1.SetUsedResponse> SetUsed(V1.SetUsedRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.RequireAdministrator(context);
        if (!QuotaTranslation.TryToCore(request.Unit, out var unit))
        {
            throw new RefusedException($"there is no billing period {(int)request.Unit}", []);
        }
        if (request.UsedBytes > long.MaxValue)
        {
            throw new RefusedException($"{request.UsedBytes} bytes are more than can be counted", []);
        }
        var standing = ledger.SetUsed(request.Path, unit, (long)request.UsedBytes, rights.Caller(context).Name);
        audit.Accepted(context);
        return Task.FromResult(new V1.SetUsedResponse { Quota = QuotaTranslation.ToWire(standing, time.GetUtcNow()) });
    });
}
