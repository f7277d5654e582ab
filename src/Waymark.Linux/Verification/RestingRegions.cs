using Waymark.Flows;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>What rules leave of regions. The same rule cuts the same out of the same region in every situation, and is asked once.</summary>
internal sealed class RestingRegions(PacketSpace space)
{
    private readonly Dictionary<Region, List<(RegionBox[] Taken, Region? Left)>> known = [];

    /// <summary>The packets of a region that a rule did nothing to; null: none.</summary>
    /// <param name="region">The region.</param>
    /// <param name="state">In which state it came to the rule.</param>
    /// <param name="outcomes">What the rule does with others, at least one.</param>
    public Region? Of(Region region, MachineState state, IReadOnlyList<RuleOutcome> outcomes)
    {
        // A hash leads each packet to one of its slots: together they are all, or some have no answer.
        if (outcomes[0].State is { Modulus: > 0 } hashed && (hashed.Slots, hashed.Modulus) != (state.Slots, state.Modulus))
        {
            return outcomes.Sum(one => one.State.Slots) < hashed.Modulus ? region : null;
        }
        if (outcomes.Any(one => ReferenceEquals(one.Box, region.Box)))
        {
            return null;
        }
        if (!known.TryGetValue(region, out var asked))
        {
            known.Add(region, asked = []);
        }
        RegionBox[] taken = [.. outcomes.Select(one => one.Box)];
        foreach (var (boxes, same) in asked)
        {
            if (boxes.AsSpan().SequenceEqual(taken))
            {
                return same;
            }
        }
        var rest = Without(region, taken);
        asked.Add((taken, rest));
        return rest;
    }

    private Region? Without(Region region, RegionBox[] taken)
    {
        // Only whether anything is left is found out here, as far as that is easy. The box stays as it is: what was found out about it once holds for all that comes of it.
        FlowBox? left = region.Box.Box;
        foreach (var box in taken)
        {
            var pieces = left.Subtract(box.Box).Take(2).ToList();
            if (pieces.Count == 0)
            {
                return null;
            }
            if (pieces.Count > 1)
            {
                break;
            }
            left = pieces[0];
        }
        return new(region.Box, new(new(space, taken), region.Met));
    }
}
