using Waymark.Flows;

namespace Waymark.Lab.Topologies;

/// <summary>An address of a device, with the length of its network's prefix.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">From 0 to the address's width.</param>
public sealed record LabAddress(IpAddress Address, int Length)
{
    /// <summary>The network that it is in.</summary>
    public IpPrefix Network => new(Address, Length);

    /// <summary>As <c>ip</c> takes it.</summary>
    public override string ToString() => $"{Address}/{Length}";
}
