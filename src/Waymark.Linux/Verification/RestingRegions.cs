using Waymark.Flows;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>What rules leave of regions. The same rule cuts the same out of the same region in every situation, and is asked once.</summary>
internal sealed class RestingRegions(PacketSpace space)
{
    /// <summary>The fields that maps of ten thousand elements have one of, with the boxes that a box becomes with other values of it.</summary>
    private static readonly (Func<FlowBox, RangeSet?> In, Func<FlowBox, RangeSet?, FlowBox> With)[] Fields =
    [
        (box => box.Peer, (box, values) => box with { Peer = values }),
        (box => box.Local, (box, values) => box with { Local = values }),
        (box => box.PeerPort, (box, values) => box with { PeerPort = values }),
        (box => box.LocalPort, (box, values) => box with { LocalPort = values }),
        (box => box.Protocol, (box, values) => box with { Protocol = values }),
    ];

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
        foreach (var box in Together(region.Box.Box, taken))
        {
            var pieces = left.Subtract(box).Take(2).ToList();
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

    /// <summary>Boxes that are less than the whole in one field alone as one box, of all their values: taken away one by one, each would have to be found among what is left of those before.</summary>
    private static IEnumerable<FlowBox> Together(FlowBox whole, RegionBox[] taken)
    {
        var open = taken.Select(one => one.Box).ToList();
        foreach (var (valuesOf, with) in Fields)
        {
            var others = with(whole, null);
            var alike = open.ToLookup(box => valuesOf(box) is not null && with(box, null) == others);
            if (alike[true].Skip(1).Any())
            {
                yield return with(whole, RangeSet.Of([.. alike[true].SelectMany(box => valuesOf(box)!.Ranges)]));
                open = [.. alike[false]];
            }
        }
        foreach (var box in open)
        {
            yield return box;
        }
    }
}
