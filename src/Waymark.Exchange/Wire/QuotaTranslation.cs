using System.Diagnostics;
using Waymark.Tariffs;

namespace Waymark.Exchange.Wire;

/// <summary>What paths have carried, as messages.</summary>
public static class QuotaTranslation
{
    /// <summary>How a meter stands.</summary>
    /// <param name="core">It.</param>
    /// <param name="now">When it was looked.</param>
    public static V1.Quota ToWire(MeterStanding core, DateTimeOffset now)
    {
        var (period, account) = (core.Meter.Period, core.Account);
        var wire = new V1.Quota
        {
            Path = account.Path,
            Unit = ToWire(period.Unit),
            FirstDay = period.Unit == BillingUnit.Month ? (uint)period.FirstDay : 0,
            TimeZone = period.Zone ?? "",
            Counts = core.Meter.Counts switch
            {
                CountedTraffic.Both => V1.CountedTraffic.Both,
                CountedTraffic.Down => V1.CountedTraffic.Down,
                CountedTraffic.Up => V1.CountedTraffic.Up,
                _ => throw new UnreachableException(),
            },
            From = DecisionTranslation.ToWire(account.Span.From),
            Until = DecisionTranslation.ToWire(account.Span.Until),
            Since = DecisionTranslation.ToWire(account.Since),
            UsedBytes = (ulong)core.Used,
            ReceivedBytes = (ulong)account.Received,
            SentBytes = (ulong)account.Sent,
            CorrectionBytes = account.Correction,
        };
        if (core.Quota is { } quota)
        {
            wire.LimitBytes = (ulong)quota.Volume;
        }
        if (core.Left is { } left)
        {
            wire.LeftBytes = (ulong)left;
        }
        if (core.Price is { } price)
        {
            wire.Price = (double)price;
        }
        if (core.Projected(now) is { } projected)
        {
            wire.ProjectedBytes = (ulong)projected;
        }
        return wire;
    }

    /// <summary>How long a period is.</summary>
    public static V1.BillingUnit ToWire(BillingUnit core) => core switch
    {
        BillingUnit.Day => V1.BillingUnit.Day,
        BillingUnit.Week => V1.BillingUnit.Week,
        BillingUnit.Month => V1.BillingUnit.Month,
        _ => throw new UnreachableException(),
    };

    /// <summary>The period that a request names; null: none.</summary>
    /// <param name="wire">It.</param>
    /// <param name="core">The period.</param>
    /// <returns>False where there is no such period.</returns>
    public static bool TryToCore(V1.BillingUnit wire, out BillingUnit? core)
    {
        core = wire switch
        {
            V1.BillingUnit.Day => BillingUnit.Day,
            V1.BillingUnit.Week => BillingUnit.Week,
            V1.BillingUnit.Month => BillingUnit.Month,
            _ => null,
        };
        return core is not null || wire == V1.BillingUnit.Unspecified;
    }
}
