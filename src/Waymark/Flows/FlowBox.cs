namespace Waymark.Flows;

/// <summary>
/// A conjunction of one constraint a field: the set of packets whose every field lies in the set given for it. Null means any value, also none.
/// A numeric field that a packet does not have counts as the number one above the field's highest (its <c>Absent</c> value), so that complements are exact:
/// "not port 80" holds for a packet without ports. Records built by <see cref="FlowSelector"/> are canonical: a full set is null.
/// </summary>
public sealed record FlowBox
{
    /// <summary>Stands for the absent port in <see cref="LocalPort"/> and <see cref="PeerPort"/>.</summary>
    public const int AbsentPort = 65536;

    /// <summary>Stands for the absent ICMP type or code.</summary>
    public const int AbsentIcmp = 256;

    /// <summary>Stands for the absent SPI, user or group.</summary>
    public const long AbsentWord = 1L << 32;

    /// <summary>Stands for the absent flow label (IPv4).</summary>
    public const int AbsentLabel = 1 << 20;

    /// <summary>The one family of the packets.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>Protocol numbers, 0 to 255.</summary>
    public RangeSet? Protocol { get; init; }

    /// <summary>Addresses of this node's end, as <see cref="IpAddress.Bits"/>.</summary>
    public RangeSet? Local { get; init; }

    /// <summary>Addresses of the other end, as <see cref="IpAddress.Bits"/>.</summary>
    public RangeSet? Peer { get; init; }

    /// <summary>Ports of this node's end, 0 to 65535, or <see cref="AbsentPort"/>.</summary>
    public RangeSet? LocalPort { get; init; }

    /// <summary>Ports of the other end, 0 to 65535, or <see cref="AbsentPort"/>.</summary>
    public RangeSet? PeerPort { get; init; }

    /// <summary>ICMP types, 0 to 255, or <see cref="AbsentIcmp"/>.</summary>
    public RangeSet? IcmpType { get; init; }

    /// <summary>ICMP codes, 0 to 255, or <see cref="AbsentIcmp"/>.</summary>
    public RangeSet? IcmpCode { get; init; }

    /// <summary>Security parameter indexes, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? Spi { get; init; }

    /// <summary>Code points, 0 to 63.</summary>
    public RangeSet? Dscp { get; init; }

    /// <summary>IPv6 flow labels, or <see cref="AbsentLabel"/>.</summary>
    public RangeSet? FlowLabel { get; init; }

    /// <summary>User ids of the socket's owner, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? User { get; init; }

    /// <summary>Group ids of the socket's owner, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? Group { get; init; }

    /// <summary>Program names.</summary>
    public NameSet? App { get; init; }

    /// <summary>Control groups.</summary>
    public NameSet? Cgroup { get; init; }

    /// <summary>Interfaces that forwarded packets come in from.</summary>
    public NameSet? FromInterface { get; init; }

    /// <summary>Who may have started the flow; never <see cref="StartedBy.None"/> in a selector.</summary>
    public StartedBy Started { get; init; } = StartedBy.Anyone;
}
