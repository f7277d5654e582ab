using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// What the loss of a path takes from the maps: its pin, the classes that used it, its slots in spreads. Only takes: what is not there is refused, and taking costs
/// the same however many rules there are.
/// </summary>
/// <param name="Taken">Set and elements; the pin first.</param>
/// <param name="After">The table then.</param>
internal sealed record PathLoss(IReadOnlyList<(NftablesSet Set, IReadOnlyList<NftablesElement> Elements)> Taken, NftablesTable After)
{
    /// <summary>The loss of the path with that number.</summary>
    public static PathLoss Of(NftablesTable table, int number)
    {
        NftablesVerdict pin = NftablesVerdict.Goto(PathChains.Mark(number)), used = NftablesVerdict.Goto(PathChains.NewPin(number));
        var taken = new List<(NftablesSet Set, IReadOnlyList<NftablesElement> Elements)>();
        var sets = table.Sets.AsSpan().ToArray();
        for (var i = 0; i < sets.Length; i++)
        {
            var set = sets[i];
            if (set.Name != PathChains.Pins && !set.Name.StartsWith("class_path", StringComparison.Ordinal) && !set.Name.StartsWith("spread", StringComparison.Ordinal))
            {
                continue;
            }
            var lost = set.Elements.Where(element => element.Verdict == pin || element.Verdict == used).ToList();
            if (lost.Count > 0)
            {
                taken.Add((set, lost));
                sets[i] = set with { Elements = set.Elements.Where(element => element.Verdict != pin && element.Verdict != used).ToEquatableArray() };
            }
        }
        return new(taken.OrderBy(one => one.Set.Name != PathChains.Pins).ToList(), table with { Sets = [.. sets] });
    }
}
