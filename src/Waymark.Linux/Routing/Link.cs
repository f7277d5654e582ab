namespace Waymark.Linux.Routing;

/// <summary>A network device as the kernel describes it (RTM_NEWLINK).</summary>
/// <param name="Index">The kernel's number for it, from 1.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsUp">Whether the administrator set it up.</param>
/// <param name="HasCarrier">Whether it can carry packets (RFC 2863: operational status up, or unknown for devices that do not tell).</param>
/// <param name="IsLoopback">Whether it is the loopback device.</param>
/// <param name="IsPointToPoint">Whether it has one peer and needs no gateway.</param>
/// <param name="Mtu">Largest packet, bytes.</param>
/// <param name="Kind">The kind of virtual device (<c>veth</c>, <c>wireguard</c>, <c>tun</c>); null for hardware.</param>
public sealed record Link(int Index, string Name, bool IsUp, bool HasCarrier, bool IsLoopback, bool IsPointToPoint, uint Mtu, string? Kind)
{
    /// <summary>Its hardware address at the moment, pairs of lower-case hexadecimal digits with colons; null: it has none.</summary>
    public string? HardwareAddress { get; init; }

    /// <summary>The hardware address that it was made with (IFLA_PERM_ADDRESS); null where the kernel does not tell one.</summary>
    public string? PermanentHardwareAddress { get; init; }
}
