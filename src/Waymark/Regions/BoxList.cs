using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>Boxes in an order, which may overlap. Where their addresses begin and end lies side by side in memory: most of them are ruled out by that.</summary>
/// <param name="space">Where they are from.</param>
public sealed class BoxList(PacketSpace space)
{
    private readonly List<RegionBox> boxes = [];
    private readonly List<AddressBounds> bounds = [];

    /// <summary>Of boxes.</summary>
    public BoxList(PacketSpace space, IEnumerable<RegionBox> boxes)
        : this(space)
    {
        foreach (var box in boxes)
        {
            Add(box);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => boxes.Count;

    /// <summary>The box at a place, from 0.</summary>
    public RegionBox this[int place] => boxes[place];

    /// <summary>Adds a box behind the others.</summary>
    public void Add(RegionBox box)
    {
        boxes.Add(box);
        bounds.Add(AddressBounds.Of(box.Box));
    }

    /// <summary>The places of the boxes that share a packet with <paramref name="box"/>, ascending.</summary>
    public IEnumerable<int> Overlapping(RegionBox box)
    {
        var asked = AddressBounds.Of(box.Box);
        for (var place = 0; place < boxes.Count; place++)
        {
            if (bounds[place].Overlaps(asked) && space.Overlap(boxes[place], box))
            {
                yield return place;
            }
        }
    }

    /// <summary>Whether one of them holds all of <paramref name="box"/>.</summary>
    public bool Holds(RegionBox box)
    {
        var asked = AddressBounds.Of(box.Box);
        for (var place = 0; place < boxes.Count; place++)
        {
            if (bounds[place].Holds(asked) && space.Holds(boxes[place], box))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The lowest and highest addresses of both ends; of IPv6 their upper halves, so that the answer is only a first one.</summary>
    private readonly record struct AddressBounds(ulong PeerLow, ulong PeerHigh, ulong LocalLow, ulong LocalHigh)
    {
        public static AddressBounds Of(FlowBox box)
        {
            var shift = box.Family == IpFamily.V4 ? 0 : 64;
            var ((peerLow, peerHigh), (localLow, localHigh)) = (Of(box.Peer, shift), Of(box.Local, shift));
            return new(peerLow, peerHigh, localLow, localHigh);
        }

        public bool Overlaps(in AddressBounds other) =>
            PeerLow <= other.PeerHigh && other.PeerLow <= PeerHigh && LocalLow <= other.LocalHigh && other.LocalLow <= LocalHigh;

        public bool Holds(in AddressBounds inner) =>
            PeerLow <= inner.PeerLow && inner.PeerHigh <= PeerHigh && LocalLow <= inner.LocalLow && inner.LocalHigh <= LocalHigh;

        private static (ulong Low, ulong High) Of(RangeSet? set, int shift) =>
            set is null || set.IsEmpty ? (0, ulong.MaxValue) : ((ulong)(set.Ranges[0].Low >> shift), (ulong)(set.Ranges[^1].High >> shift));
    }
}
