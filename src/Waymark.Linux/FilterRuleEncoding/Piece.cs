using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// A part of a filter rule's selector that the kernel can look up: the fields that every packet of its protocols has, and no absent values among ports, types
/// and SPIs (a packet without ports is another piece).
/// </summary>
/// <param name="Box">The part.</param>
/// <param name="Class">Number of its class.</param>
/// <param name="EndsAt">When it ends by itself; null: never.</param>
internal sealed record Piece(FlowBox Box, int Class, DateTimeOffset? EndsAt)
{
    /// <summary>Protocols whose first four bytes are ports: TCP, UDP, DCCP, SCTP, UDP-Lite.</summary>
    internal static readonly RangeSet WithPorts = Numbers(6, 17, 33, 132, 136);

    /// <summary>ICMP and ICMPv6.</summary>
    private static readonly RangeSet WithTypes = Numbers(1, 58);

    /// <summary>ESP (RFC 4303): the SPI is its first word. AH (RFC 4302): its second.</summary>
    private static readonly RangeSet Esp = Numbers(50), Ah = Numbers(51);

    private static readonly FlowBox AnyV4 = new() { Family = IpFamily.V4 }, AnyV6 = new() { Family = IpFamily.V6 };

    private static readonly RangeSet WithNeither = WithPorts.Union(WithTypes).Union(Esp).Union(Ah).Complement(255);

    /// <summary>Which fields an element of its map has.</summary>
    public KeyFields Fields =>
        (Box.Peer is null ? 0 : KeyFields.Peer) | (Box.Local is null ? 0 : KeyFields.Local) | (Box.PeerPort is null ? 0 : KeyFields.PeerPort)
        | (Box.LocalPort is null ? 0 : KeyFields.LocalPort) | (Box.Protocol is null ? 0 : KeyFields.Protocol);

    /// <summary>Whether all of its elements are single values.</summary>
    public bool IsExact => IsSingle(Box.Peer) && IsSingle(Box.Local) && IsSingle(Box.PeerPort) && IsSingle(Box.LocalPort) && IsSingle(Box.Protocol);

    /// <summary>How many elements it takes.</summary>
    public long Elements => Count(Box.Peer) * Count(Box.Local) * Count(Box.PeerPort) * Count(Box.LocalPort) * Count(Box.Protocol);

    /// <summary>What is left when the fields of the map are taken away: matches of its own before the lookup. Where an SPI lies depends on the protocol, which stays.</summary>
    public FlowBox Odd => PieceBounds.HasOnlyKeyFields(Box) ? Any(Box.Family)
        : Box with { Peer = null, Local = null, PeerPort = null, LocalPort = null, Protocol = Box.Spi is null ? null : Box.Protocol };

    /// <summary>The pieces of a selector's box; none where no packet can be in it.</summary>
    public static IEnumerable<Piece> Of(FlowBox box, int @class, DateTimeOffset? endsAt)
    {
        var ports = box.PeerPort is not null || box.LocalPort is not null;
        var types = box.IcmpType is not null || box.IcmpCode is not null;
        if (!types && box.Spi is null && (!ports || (HasOnlyPorts(box.Protocol) && IsPresent(box.PeerPort) && IsPresent(box.LocalPort))))
        {
            return [new(WithoutLabel(box), @class, endsAt)];
        }
        var bare = box with { PeerPort = null, LocalPort = null, IcmpType = null, IcmpCode = null, Spi = null };
        bool noPorts = Allows(box.PeerPort, FlowBox.AbsentPort) && Allows(box.LocalPort, FlowBox.AbsentPort);
        bool noTypes = Allows(box.IcmpType, FlowBox.AbsentIcmp) && Allows(box.IcmpCode, FlowBox.AbsentIcmp);
        bool noSpi = Allows(box.Spi, (UInt128)FlowBox.AbsentWord);
        List<FlowBox?> boxes =
        [
            noTypes && noSpi ? With(bare, WithPorts, b => Present(box.PeerPort, 65535) is { } peer && Present(box.LocalPort, 65535) is { } local
                ? b with { PeerPort = Reduced(peer, 65535), LocalPort = Reduced(local, 65535) } : null) : null,
            noPorts && noSpi ? With(bare, WithTypes, b => Present(box.IcmpType, 255) is { } type && Present(box.IcmpCode, 255) is { } code
                ? b with { IcmpType = Reduced(type, 255), IcmpCode = Reduced(code, 255) } : null) : null,
            .. new[] { Esp, Ah }.Select(one => noPorts && noTypes ? With(bare, one, b => Present(box.Spi, uint.MaxValue) is { } spi ? b with { Spi = Reduced(spi, uint.MaxValue) } : null) : null),
            noPorts && noTypes && noSpi ? With(bare, WithNeither, b => b) : null,
        ];
        // Those that ended with the same constraints but for the protocol are one again.
        return boxes.OfType<FlowBox>().GroupBy(one => one.Spi is null ? one with { Protocol = null } : one)
            .Select(group => new Piece(WithoutLabel(group.Key with { Protocol = Reduced(group.Select(one => one.Protocol!).Aggregate((a, b) => a.Union(b)), 255) }), @class, endsAt));
    }

    private static FlowBox WithoutLabel(FlowBox box) =>
        // An IPv4 packet has no label: the constraint holds for all of them, or the box was empty and is caught by IsPossible.
        box.Family == IpFamily.V4 && box.FlowLabel?.Contains(FlowBox.AbsentLabel) == true ? box with { FlowLabel = null } : box;

    private static FlowBox? With(FlowBox bare, RangeSet protocols, Func<FlowBox, FlowBox?> constrain)
    {
        var left = bare.Protocol?.Intersect(protocols) ?? protocols;
        return left.IsEmpty ? null : constrain(bare with { Protocol = left });
    }

    /// <summary>Whether every one of the protocols has ports: then a box that says so is one piece as it stands.</summary>
    private static bool HasOnlyPorts(RangeSet? protocols)
    {
        foreach (var (low, high) in protocols?.Ranges ?? [new(0, 255)])
        {
            for (var number = low; number <= high; number++)
            {
                if (!WithPorts.Contains(number))
                {
                    return false;
                }
            }
        }
        return true;
    }

    // Most pieces are like this one but for the key: it is made once.
    private static FlowBox Any(IpFamily family) => family == IpFamily.V4 ? AnyV4 : AnyV6;

    /// <summary>Whether a packet that meets the constraint has a port, and not just any.</summary>
    private static bool IsPresent(RangeSet? ports) => ports is null || (!ports.IsEmpty && ports.Ranges[ports.Ranges.Count - 1].High <= 65535 && !ports.IsFull(65535));

    private static bool Allows(RangeSet? set, UInt128 absent) => set is null || set.Contains(absent);

    /// <summary>The values that are there; null where none is.</summary>
    private static RangeSet? Present(RangeSet? set, UInt128 highest)
    {
        var all = RangeSet.Of(new NumberRange(0, highest));
        var present = set?.Intersect(all) ?? all;
        return present.IsEmpty ? null : present;
    }

    private static RangeSet? Reduced(RangeSet set, UInt128 highest) => set.IsFull(highest) ? null : set;

    private static bool IsSingle(RangeSet? set)
    {
        foreach (var range in set?.Ranges ?? [])
        {
            if (range.Low != range.High)
            {
                return false;
            }
        }
        return true;
    }

    private static long Count(RangeSet? set) => set?.Ranges.Count ?? 1;

    private static RangeSet Numbers(params ReadOnlySpan<byte> numbers)
    {
        var set = RangeSet.Empty;
        foreach (var number in numbers)
        {
            set = set.Union(RangeSet.Of(number));
        }
        return set;
    }
}

/// <summary>The fields of a flow that the keys of maps are made of.</summary>
[Flags]
internal enum KeyFields
{
    /// <summary>None: a rule without a map.</summary>
    None = 0,

    /// <summary>The peer's address.</summary>
    Peer = 1,

    /// <summary>This end's address.</summary>
    Local = 2,

    /// <summary>The peer's port.</summary>
    PeerPort = 4,

    /// <summary>This end's port.</summary>
    LocalPort = 8,

    /// <summary>The transport protocol.</summary>
    Protocol = 16,
}
