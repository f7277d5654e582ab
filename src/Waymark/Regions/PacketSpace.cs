using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>
/// The packets that there can be, cut into boxes, and the questions about pairs of boxes: exact, and mostly answered by bounds. Not for use by several threads at once.
/// </summary>
public sealed class PacketSpace
{
    private static readonly RangeSet Ports = RangeSet.Of(new NumberRange(0, 65535)), NoPort = RangeSet.Of((UInt128)FlowBox.AbsentPort);
    private static readonly RangeSet Bytes = RangeSet.Of(new NumberRange(0, 255)), NoByte = RangeSet.Of((UInt128)FlowBox.AbsentIcmp);
    private static readonly RangeSet Words = RangeSet.Of(new NumberRange(0, uint.MaxValue)), NoWord = RangeSet.Of((UInt128)FlowBox.AbsentWord);
    private static readonly RangeSet Labels = RangeSet.Of(new NumberRange(0, FlowBox.AbsentLabel - 1)), NoLabel = RangeSet.Of((UInt128)FlowBox.AbsentLabel);

    /// <summary>What a box that is made costs: it is kept, and a question about two is soon answered.</summary>
    private const int BoxSteps = 100;

    private readonly Dictionary<FlowBox, RegionBox> boxes = [];
    private readonly Dictionary<FlowBox, int> others = [];
    private readonly List<FlowBox> known = [];
    private readonly Dictionary<(int, int), (bool Overlap, bool Holds)> pairs = [];

    /// <summary>
    /// All packets of a family that can be on a wire: those with ports, with an ICMP type, with an SPI of ESP or of AH, and with nothing of these. A field that a kind of packet has is never absent in its
    /// box, and one that it does not have always is. Kinds that nobody can tell apart are one.
    /// </summary>
    /// <param name="family">The family.</param>
    /// <param name="hasTypes">Whether anybody speaks of ICMP types or codes.</param>
    /// <param name="hasSpis">Whether anybody speaks of SPIs.</param>
    public static IEnumerable<FlowBox> Possible(IpFamily family, bool hasTypes = true, bool hasSpis = true)
    {
        var others = new FlowBox
        {
            Family = family,
            PeerPort = NoPort,
            LocalPort = NoPort,
            IcmpType = NoByte,
            IcmpCode = NoByte,
            Spi = NoWord,
            FlowLabel = family == IpFamily.V4 ? NoLabel : Labels,
        };
        List<FlowBox> kinds = [others with { Protocol = Protocols(6, 17, 33, 132, 136), PeerPort = Ports, LocalPort = Ports }];
        if (hasTypes)
        {
            kinds.Add(others with { Protocol = Protocols(1, 58), IcmpType = Bytes, IcmpCode = Bytes });
        }
        if (hasSpis)
        {
            kinds.Add(others with { Protocol = Protocols(50), Spi = Words });
            kinds.Add(others with { Protocol = Protocols(51), Spi = Words });
        }
        var named = kinds.Select(kind => kind.Protocol!).Aggregate((one, other) => one.Union(other));
        return [.. kinds, others with { Protocol = named.Complement(255) }];
    }

    /// <summary>How many steps may still be made; what would take more ends with <see cref="EffortSpentException"/>.</summary>
    public long Budget { get; set; } = long.MaxValue;

    /// <summary>Takes steps from the budget.</summary>
    public void Spend(int steps)
    {
        if (Budget < steps)
        {
            throw new EffortSpentException();
        }
        Budget -= steps;
    }

    /// <summary>The box, ready to be asked about; of equal ones the same object.</summary>
    public RegionBox Of(FlowBox box)
    {
        if (boxes.TryGetValue(box, out var same))
        {
            return same;
        }
        Spend(BoxSteps);
        var rest = box with { Peer = null, Local = null, PeerPort = null, LocalPort = null, Protocol = null };
        if (!others.TryGetValue(rest, out var number))
        {
            others.Add(rest, number = known.Count);
            known.Add(rest);
        }
        var made = new RegionBox(box, number);
        boxes.Add(box, made);
        return made;
    }

    /// <summary>Whether the two share a packet.</summary>
    public bool Overlap(RegionBox one, RegionBox other)
    {
        Spend(1);
        return one.BoundsOverlap(other) && Others(one.Others, other.Others).Overlap && ((one.IsWhole && other.IsWhole) || one.Box.Overlaps(other.Box));
    }

    /// <summary>Whether every packet of <paramref name="inner"/> is in <paramref name="outer"/>.</summary>
    public bool Holds(RegionBox outer, RegionBox inner)
    {
        Spend(1);
        return outer.BoundsHold(inner) && Others(outer.Others, inner.Others).Holds && (outer.IsWhole || !inner.Box.Subtract(outer.Box).Any());
    }

    /// <summary>The packets in both; null where there is none.</summary>
    public RegionBox? Intersect(RegionBox one, FlowBox other)
    {
        Spend(1);
        return one.Box.Intersect(other) is { } shared ? Of(shared) : null;
    }

    private (bool Overlap, bool Holds) Others(int one, int other)
    {
        if (one == other)
        {
            return (true, true);
        }
        if (!pairs.TryGetValue((one, other), out var answer))
        {
            answer = (known[one].Overlaps(known[other]), !known[other].Subtract(known[one]).Any());
            pairs.Add((one, other), answer);
        }
        return answer;
    }

    private static RangeSet Protocols(params ReadOnlySpan<byte> numbers)
    {
        var set = RangeSet.Empty;
        foreach (var number in numbers)
        {
            set = set.Union(RangeSet.Of(number));
        }
        return set;
    }
}
