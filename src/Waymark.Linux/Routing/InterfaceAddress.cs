using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>An address of this host (RTM_NEWADDR).</summary>
/// <param name="LinkIndex">The device that has it.</param>
/// <param name="Address">The address.</param>
/// <param name="Prefix">What is connected with it; of point-to-point devices the peer's address.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="IsTemporary">An IPv6 privacy address (RFC 8981).</param>
public sealed record InterfaceAddress(int LinkIndex, IpAddress Address, IpPrefix Prefix, AddressState State, bool IsTemporary)
{
    /// <summary>Seconds that new flows should still use it; <see cref="uint.MaxValue"/> for ever.</summary>
    public uint PreferredSeconds { get; init; } = uint.MaxValue;

    /// <summary>Whether it reaches no further than its link.</summary>
    public bool IsLinkLocal => Address.IsLinkLocal;
}

/// <summary>Whether an address can be used (RFC 4862).</summary>
public enum AddressState
{
    /// <summary>It can.</summary>
    Preferred,

    /// <summary>Flows that have it go on; new ones should not take it.</summary>
    Deprecated,

    /// <summary>It may be another host's; nothing can use it yet, or ever.</summary>
    Tentative,
}
