using Waymark.Flows;

namespace Waymark.Nodes;

/// <summary>Where metrics are served.</summary>
/// <param name="Address">An address of this node, or the unspecified one of a family for all.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record MetricsEndpoint(IpAddress Address, int Port)
{
    /// <summary>Whether only this host reaches it (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).</summary>
    public bool IsLoopback => System.Net.IPAddress.IsLoopback(Address.ToIPAddress());
}
