using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>Boxes in an order, which may overlap. Those that a box may share packets with are found by the end that is narrow in them; most of the others are ruled out by where their addresses begin and end.</summary>
/// <param name="space">Where they are from.</param>
public sealed class BoxList(PacketSpace space)
{
    /// <summary>Fewer boxes than this are looked at one by one; so are as many that were added since.</summary>
    private const int WorthIndexing = 64;

    private readonly List<RegionBox> boxes = [];
    private readonly List<AddressBounds> bounds = [];
    private RangeIndex byPeer = new([]), byLocal = new([]);
    private List<int> wide = [];
    private int indexed;

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
        foreach (var place in Near(asked))
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
        // What holds it holds its first addresses.
        foreach (var place in Near(asked with { PeerHigh = asked.PeerLow, LocalHigh = asked.LocalLow }))
        {
            if (bounds[place].Holds(asked) && space.Holds(boxes[place], box))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The places of the boxes that may share an address with these, ascending.</summary>
    private IEnumerable<int> Near(AddressBounds asked)
    {
        if (boxes.Count < WorthIndexing)
        {
            return Enumerable.Range(0, boxes.Count);
        }
        if (boxes.Count - indexed > Math.Max(WorthIndexing, indexed / 4))
        {
            Index();
        }
        var near = new List<int>(wide);
        byPeer.Find(asked.PeerLow, asked.PeerHigh, near);
        byLocal.Find(asked.LocalLow, asked.LocalHigh, near);
        near.Sort();
        near.AddRange(Enumerable.Range(indexed, boxes.Count - indexed));
        return near;
    }

    private void Index()
    {
        var places = Enumerable.Range(0, boxes.Count).ToLookup(place => bounds[place].Narrow);
        byPeer = new(places[End.Peer].Select(place => (bounds[place].PeerLow, bounds[place].PeerHigh, place)));
        byLocal = new(places[End.Local].Select(place => (bounds[place].LocalLow, bounds[place].LocalHigh, place)));
        wide = [.. places[End.Neither]];
        indexed = boxes.Count;
    }

    private enum End
    {
        Neither,
        Peer,
        Local,
    }

    /// <summary>The lowest and highest addresses of both ends; of IPv6 their upper halves, so that the answer is only a first one.</summary>
    private readonly record struct AddressBounds(ulong PeerLow, ulong PeerHigh, ulong LocalLow, ulong LocalHigh)
    {
        public static AddressBounds Of(FlowBox box)
        {
            var shift = box.Family == IpFamily.V4 ? 0 : 64;
            var ((peerLow, peerHigh), (localLow, localHigh)) = (Of(box.Peer, shift), Of(box.Local, shift));
            return new(peerLow, peerHigh, localLow, localHigh) { Most = box.Family == IpFamily.V4 ? uint.MaxValue >> 4 : ulong.MaxValue >> 4 };
        }

        /// <summary>The end whose addresses are the fewer; neither where both are many.</summary>
        public End Narrow => (PeerHigh - PeerLow, LocalHigh - LocalLow) is var (peer, local) && Math.Min(peer, local) > Most ? End.Neither : peer <= local ? End.Peer : End.Local;

        /// <summary>The sixteenth part of the addresses.</summary>
        private ulong Most { get; init; }

        public bool Overlaps(in AddressBounds other) =>
            PeerLow <= other.PeerHigh && other.PeerLow <= PeerHigh && LocalLow <= other.LocalHigh && other.LocalLow <= LocalHigh;

        public bool Holds(in AddressBounds inner) =>
            PeerLow <= inner.PeerLow && inner.PeerHigh <= PeerHigh && LocalLow <= inner.LocalLow && inner.LocalHigh <= LocalHigh;

        private static (ulong Low, ulong High) Of(RangeSet? set, int shift) =>
            set is null || set.IsEmpty ? (0, ulong.MaxValue) : ((ulong)(set.Ranges[0].Low >> shift), (ulong)(set.Ranges[^1].High >> shift));
    }
}
