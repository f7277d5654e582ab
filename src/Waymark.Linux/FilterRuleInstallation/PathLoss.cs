using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// What the loss of a path takes from the maps: its pin and its slots in spreads. The classes that used it go over to their backups, by rules that are there already.
/// Only takes: what is not there is refused, and taking costs the same however many rules and classes there are.
/// </summary>
/// <param name="Taken">Set and elements; the pin first.</param>
/// <param name="After">The table then.</param>
internal sealed record PathLoss(IReadOnlyList<(NftablesSet Set, IReadOnlyList<NftablesElement> Elements)> Taken, NftablesTable After)
{
    /// <summary>The loss of the path with that number.</summary>
    public static PathLoss Of(NftablesTable table, int number, Territory territory)
    {
        var pin = OddMatches.Host(territory.CtPath(number));
        var slot = NftablesVerdict.Goto(PathChains.NewPin(number));
        var taken = new List<(NftablesSet Set, IReadOnlyList<NftablesElement> Elements)>();
        var sets = table.Sets.AsSpan().ToArray();
        for (var i = 0; i < sets.Length; i++)
        {
            var set = sets[i];
            Func<NftablesElement, bool>? isLost = set.Name is PathChains.Pins or PathChains.Live ? element => element.Key == pin
                : SpreadEncoding.IsSpread(set.Name) ? element => element.Verdict == slot
                : null;
            if (isLost is not null && set.Elements.Where(isLost).ToList() is { Count: > 0 } lost)
            {
                taken.Add((set, lost));
                sets[i] = set with { Elements = set.Elements.Except(lost).ToEquatableArray() };
            }
        }
        return new([.. taken.OrderBy(one => one.Set.Name != PathChains.Pins)], table with { Sets = [.. sets] });
    }
}
