using Waymark.Flows;

namespace Waymark.Policies;

/// <summary>
/// One flow expression as it was written: a named flow or well-known application, narrowed, or a protocol with ends. Every part given narrows it.
/// Resolved into a <see cref="FlowSelector"/> by the names of the node.
/// </summary>
public sealed record Flow
{
    /// <summary>A defined flow or a well-known application that the rest narrows; null where the flow stands by itself.</summary>
    public string? Named { get; init; }

    /// <summary><c>ip4</c> or <c>ip6</c>; null for both.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>The protocol part; null where none was written.</summary>
    public FlowProtocol? Protocol { get; init; }

    /// <summary>This node's end; null for any.</summary>
    public FlowEnd? Local { get; init; }

    /// <summary>The other end; null for any.</summary>
    public FlowEnd? Peer { get; init; }

    /// <summary>Everything behind the ends, in the order written.</summary>
    public EquatableArray<FlowExtra> Extras { get; init; } = [];

    /// <summary>Where it starts.</summary>
    public Place Place { get; init; }
}

/// <summary>A range of integers as written; both ends included, and equal for a single number.</summary>
public readonly record struct IntegerRange(uint Low, uint High);

/// <summary>The protocol part of a flow.</summary>
public abstract record FlowProtocol
{
    private FlowProtocol()
    {
    }

    /// <summary><c>any</c>: every protocol.</summary>
    public sealed record Any : FlowProtocol;

    /// <summary><c>tcp</c>, <c>udp</c>, <c>sctp</c>, <c>dccp</c> or <c>udplite</c>, with ports of either end; no range: any port.</summary>
    public sealed record Transport(TransportProtocol Protocol, EquatableArray<IntegerRange> EitherPort) : FlowProtocol;

    /// <summary><c>port RANGES</c>: tcp, udp or sctp with such a port at either end.</summary>
    public sealed record Port(EquatableArray<IntegerRange> EitherPort) : FlowProtocol;

    /// <summary><c>icmp</c>, ICMPv6 over IPv6; no range: any.</summary>
    public sealed record Icmp(EquatableArray<IntegerRange> Types, EquatableArray<IntegerRange> Codes) : FlowProtocol;

    /// <summary><c>esp</c>, <c>ah</c>, or both as <c>ipsec</c>; no range: any index.</summary>
    public sealed record Security(bool Esp, bool Ah, EquatableArray<IntegerRange> Spis) : FlowProtocol;

    /// <summary><c>proto RANGES</c>: by protocol number, 0 to 255.</summary>
    public sealed record Numbers(EquatableArray<IntegerRange> Values) : FlowProtocol;
}

/// <summary>The transports of the language; the value is the protocol number (IANA).</summary>
public enum TransportProtocol
{
    /// <summary>RFC 9293.</summary>
    Tcp = 6,

    /// <summary>RFC 768.</summary>
    Udp = 17,

    /// <summary>RFC 4340.</summary>
    Dccp = 33,

    /// <summary>RFC 9260.</summary>
    Sctp = 132,

    /// <summary>RFC 3828.</summary>
    UdpLite = 136,
}

/// <summary>One end of a flow: addresses or a domain, and ports. At least one of them.</summary>
public sealed record FlowEnd
{
    /// <summary>Prefixes, alternatives of each other; empty for any address.</summary>
    public EquatableArray<IpPrefix> Addresses { get; init; } = [];

    /// <summary>A domain name whose addresses count, as the node's resolver sees them; null without one. Peer end only.</summary>
    public string? Domain { get; init; }

    /// <summary>Ports, 0 to 65535; empty for any.</summary>
    public EquatableArray<IntegerRange> Ports { get; init; } = [];
}

/// <summary>What stands behind the ends of a flow.</summary>
public abstract record FlowExtra
{
    private FlowExtra()
    {
    }

    /// <summary><c>dscp</c>: code points 0 to 63; a name (RFC 4594) has been turned into its number.</summary>
    public sealed record Dscp(EquatableArray<IntegerRange> Values) : FlowExtra;

    /// <summary><c>label</c>: IPv6 flow labels, 0 to 2^20-1.</summary>
    public sealed record Label(EquatableArray<IntegerRange> Values) : FlowExtra;

    /// <summary><c>by user</c>: by the user who owns the socket.</summary>
    public sealed record User(string Name) : FlowExtra;

    /// <summary><c>by group</c>: by the group that owns the socket.</summary>
    public sealed record Group(string Name) : FlowExtra;

    /// <summary><c>by app</c>: by the program's name.</summary>
    public sealed record App(string Name) : FlowExtra;

    /// <summary><c>by cgroup</c>: by control group and those below it.</summary>
    public sealed record Cgroup(string Name) : FlowExtra;

    /// <summary><c>from interface</c>: flows that this node forwards from there.</summary>
    public sealed record FromInterface(string Name) : FlowExtra;

    /// <summary><c>started</c>: by who sent the first packet; exactly one bit.</summary>
    public sealed record Started(StartedBy By) : FlowExtra;

    /// <summary><c>not (...)</c>: without these.</summary>
    public sealed record Not(EquatableArray<Flow> Flows) : FlowExtra;
}
