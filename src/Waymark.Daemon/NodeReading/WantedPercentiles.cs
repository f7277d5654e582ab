using System.Globalization;
using Waymark.Linux.PathExamination;
using Waymark.Policies;

namespace Waymark.Daemon.NodeReading;

/// <summary>The percentiles of the round trip that policies name, and the usual ones, which people look at. Of one caller at a time.</summary>
/// <param name="sets">The policy sets of the moment.</param>
internal sealed class WantedPercentiles(Func<EquatableArray<AcceptedPolicySet>> sets)
{
    private EquatableArray<AcceptedPolicySet> read = [];
    private EquatableArray<int> ranks = PathExaminerOptions.UsualRanks;

    /// <summary>Each 1 to 99, in order.</summary>
    public IEnumerable<int> Ranks()
    {
        var now = sets();
        if (now != read)
        {
            ranks = CharacteristicNames.In(now.Select(one => one.Set)).Select(Rank).OfType<int>().Concat(PathExaminerOptions.UsualRanks).Distinct().Order().ToEquatableArray();
            read = now;
        }
        return ranks;
    }

    private static int? Rank(string name) =>
        name.Split(".p") is ["rtt" or "delay", var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var rank) && rank is >= 1 and <= 99 ? rank : null;
}
