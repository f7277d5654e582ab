using System.Globalization;
using Waymark.Policies.Language;

namespace Waymark.Tariffs;

/// <summary>What is counted, and when it counts from nothing again.</summary>
/// <param name="Period">The billing period.</param>
/// <param name="Counts">The direction.</param>
public sealed record Meter(BillingPeriod Period, CountedTraffic Counts = CountedTraffic.Both)
{
    /// <summary>As the node file says it, behind a volume or a tier: <c>resets day 5 at "Europe/Paris" counts down</c>.</summary>
    public override string ToString()
    {
        var period = Period switch
        {
            { Unit: BillingUnit.Day } => "/ day",
            { Unit: BillingUnit.Week } => "/ week",
            { FirstDay: 1 } => "/ month",
            _ => string.Create(CultureInfo.InvariantCulture, $"resets day {Period.FirstDay}"),
        };
        return period + (Period.Zone is { } zone ? $" at {PolicyPrinter.Quote(zone)}" : "") + Counts switch
        {
            CountedTraffic.Both => "",
            CountedTraffic.Down => " counts down",
            CountedTraffic.Up => " counts up",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
