using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>What the loss of a path changes in the maps: its pin, the classes that used it, its slots in spreads. Nothing else is looked at.</summary>
/// <param name="Changes">Set, elements that go, elements that come; the pin first.</param>
/// <param name="After">The table then.</param>
internal sealed record PathLoss(IReadOnlyList<(NftablesSet Set, IReadOnlyList<NftablesElement> Gone, IReadOnlyList<NftablesElement> Come)> Changes, NftablesTable After)
{
    /// <summary>The loss of the path with that number.</summary>
    public static PathLoss Of(NftablesTable table, int number, Territory territory)
    {
        var lost = NftablesVerdict.Goto(PathChains.NewPin(number));
        var dead = NftablesVerdict.Goto(PathChains.Dead);
        var pin = OddMatches.Host(territory.CtPath(number));
        var changes = new List<(NftablesSet, IReadOnlyList<NftablesElement>, IReadOnlyList<NftablesElement>)>();
        var sets = table.Sets.AsSpan().ToArray();
        for (var i = 0; i < sets.Length; i++)
        {
            var set = sets[i];
            Func<NftablesElement, bool>? isHit = set.Name == PathChains.Pins ? element => element.Key == pin && element.Verdict != dead
                : set.Name.StartsWith("class_path", StringComparison.Ordinal) || set.Name.StartsWith("spread", StringComparison.Ordinal) ? element => element.Verdict == lost
                : null;
            if (isHit is null || !set.Elements.Any(isHit))
            {
                continue;
            }
            // What a spread gave to the lost path goes to its others in turn.
            var others = set.Name.StartsWith("spread", StringComparison.Ordinal)
                ? set.Elements.Select(element => element.Verdict!.Value).Where(verdict => verdict != lost).Distinct().ToList()
                : [];
            var turn = 0;
            var after = set.Elements.Select(element => !isHit(element) ? element
                : element with { Verdict = others.Count == 0 ? dead : others[turn++ % others.Count] }).ToEquatableArray();
            changes.Add((set, [.. set.Elements.Where(isHit)], [.. after.Except(set.Elements)]));
            sets[i] = set with { Elements = after };
        }
        return new(changes.OrderBy(change => change.Item1.Name != PathChains.Pins).ToList(), table with { Sets = [.. sets] });
    }
}
