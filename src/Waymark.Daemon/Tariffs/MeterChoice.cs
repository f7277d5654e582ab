using Waymark.Daemon.Requests;
using Waymark.Tariffs;

namespace Waymark.Daemon.Tariffs;

/// <summary>Which meter somebody means who names a path and perhaps a period.</summary>
internal static class MeterChoice
{
    /// <summary>The meter; throws <see cref="RefusedException"/> where the path has none of that period, or several.</summary>
    /// <param name="all">How every meter stands.</param>
    /// <param name="path">The administrator's name for the path.</param>
    /// <param name="unit">The period; null: the only one.</param>
    public static MeterStanding Of(IReadOnlyList<MeterStanding> all, string path, BillingUnit? unit)
    {
        var ofPath = all.Where(one => one.Account.Path == path).ToList();
        if (ofPath.Count == 0)
        {
            var names = all.Select(one => one.Account.Path).Distinct().ToList();
            throw new RefusedException($"no path '{path}' has a quota or tiers that are counted{(names.Count == 0 ? "" : "; those that have: " + string.Join(", ", names))}", [], isMissing: true);
        }
        var fitting = ofPath.Where(one => unit is null || one.Meter.Period.Unit == unit).ToList();
        return fitting.Count == 1 ? fitting[0] : throw new RefusedException(fitting.Count == 0
            ? $"nothing of '{path}' is counted by the {Word(unit!.Value)}, but {string.Join(" and ", ofPath.Select(one => $"'{one.Meter}'"))}"
            : $"several things of '{path}' are counted, {string.Join(" and ", fitting.Select(one => $"'{one.Meter}'"))}: say which, by its period", []);
    }

    private static string Word(BillingUnit unit) => unit switch
    {
        BillingUnit.Day => "day",
        BillingUnit.Week => "week",
        BillingUnit.Month => "month",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
