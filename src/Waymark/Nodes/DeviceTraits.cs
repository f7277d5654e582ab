using Waymark.Flows;

namespace Waymark.Nodes;

/// <summary>By what a network device can be told from others.</summary>
/// <param name="Name">Its name.</param>
public sealed record DeviceTraits(string Name)
{
    /// <summary>Its hardware addresses, as <see cref="PathMatch.HardwareAddress"/> writes them; empty for a device without.</summary>
    public EquatableArray<string> HardwareAddresses { get; init; } = [];

    /// <summary>The kernel's driver of it; null: none is known.</summary>
    public string? Driver { get; init; }

    /// <summary>Its addresses, of both families.</summary>
    public EquatableArray<IpAddress> Addresses { get; init; } = [];
}
