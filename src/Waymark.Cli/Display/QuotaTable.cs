using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Spectre.Console;
using Waymark.PathDecision;
using Waymark.Paths;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>What paths have carried, for people.</summary>
internal static class QuotaTable
{
    public static void Write(V1.ListQuotasResponse answer)
    {
        if (answer.Quotas.Count == 0)
        {
            Console.WriteLine("Nothing is counted. Say in the node file what a path may carry, for example 'quota 20 GB / month;', or what it costs, in tiers.");
            return;
        }
        var table = Tables.Columns("PATH", "PER", "USED", "LIMIT", "LEFT", "UNTIL", "PRICE NOW", "PROJECTED END");
        foreach (var one in answer.Quotas)
        {
            table.AddRow(
                new Text(one.Path),
                new Text(Period(one)),
                new Text(Volume(one.UsedBytes)),
                new Text(one.HasLimitBytes ? Volume(one.LimitBytes) : "-"),
                new Text(Left(one), one is { HasLeftBytes: true, LeftBytes: 0 } ? new(Color.Red) : Style.Plain),
                new Text(Date(one.Until)),
                new Text(one.HasPrice ? FindingText.Value("cost", CharacteristicValue.Of(one.Price)) : "-"),
                new Text(one.HasProjectedBytes ? Volume(one.ProjectedBytes) : "-", one.HasLimitBytes && one.HasProjectedBytes && one.ProjectedBytes > one.LimitBytes ? new(Color.Yellow) : Style.Plain));
        }
        Invocation.Console.Write(table);
    }

    /// <summary>What is left before the tariff changes or the limit is reached.</summary>
    public static string Left(V1.Quota quota) => quota.HasLeftBytes ? Volume(quota.LeftBytes) : "no end";

    /// <summary>An amount of data, three decimals.</summary>
    public static string Volume(ulong bytes) => bytes switch
    {
        >= 1_000_000_000_000 => Text(bytes, 1e12, "TB"),
        >= 1_000_000_000 => Text(bytes, 1e9, "GB"),
        >= 1_000_000 => Text(bytes, 1e6, "MB"),
        >= 1_000 => Text(bytes, 1e3, "kB"),
        _ => Text(bytes, 1, "B"),
    };

    /// <summary>An instant by this host's clock, to the minute.</summary>
    public static string Date(Timestamp at) => at.ToDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Period(V1.Quota quota) => quota.Unit switch
    {
        V1.BillingUnit.Day => "day",
        V1.BillingUnit.Week => "week",
        V1.BillingUnit.Month => "month",
        _ => "?",
    } + quota.Counts switch
    {
        V1.CountedTraffic.Down => " down",
        V1.CountedTraffic.Up => " up",
        _ => "",
    };

    private static string Text(ulong bytes, double factor, string unit) => string.Create(CultureInfo.InvariantCulture, $"{bytes / factor:0.###} {unit}");
}
