namespace Waymark.Flows;

/// <summary>
/// The header fields and the circumstances of one packet that a selector can see, direction-independent: <see cref="Local"/> is this node's end
/// (or that of the host behind it), <see cref="Peer"/> the other. A field that the packet does not have is null, and no constraint on it matches.
/// </summary>
public sealed record Packet
{
    /// <summary>The protocol number (IANA), 0 to 255; for IPv6 the last header.</summary>
    public required byte Protocol { get; init; }

    /// <summary>This node's end; its family is the packet's.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>The other end, of the same family.</summary>
    public required IpAddress Peer { get; init; }

    /// <summary>Port of the local end.</summary>
    public ushort? LocalPort { get; init; }

    /// <summary>Port of the peer's end.</summary>
    public ushort? PeerPort { get; init; }

    /// <summary>ICMP or ICMPv6 type.</summary>
    public byte? IcmpType { get; init; }

    /// <summary>ICMP or ICMPv6 code.</summary>
    public byte? IcmpCode { get; init; }

    /// <summary>Security parameter index of AH or ESP (RFC 4302, RFC 4303).</summary>
    public uint? Spi { get; init; }

    /// <summary>Differentiated services code point, 0 to 63 (RFC 2474).</summary>
    public byte Dscp { get; init; }

    /// <summary>IPv6 flow label, 0 to 2^20-1 (RFC 6437); null for IPv4.</summary>
    public uint? FlowLabel { get; init; }

    /// <summary>User id of the socket's owner; null where the packet is not of a local socket.</summary>
    public uint? User { get; init; }

    /// <summary>Group id of the socket's owner; null where the packet is not of a local socket.</summary>
    public uint? Group { get; init; }

    /// <summary>Name of the program; null where unknown.</summary>
    public string? App { get; init; }

    /// <summary>Control group of the socket, as a path below the cgroup root without leading slash; null where none.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The interface over which a forwarded packet came in from a host behind this node; null otherwise.</summary>
    public string? FromInterface { get; init; }

    /// <summary>Who sent the flow's first packet: exactly one bit.</summary>
    public StartedBy Started { get; init; } = StartedBy.Here;

    /// <summary>The family of both ends.</summary>
    public IpFamily Family => Local.Family;
}
