namespace Waymark.Flows;

/// <summary>The version of the Internet Protocol of a packet, an address or a path's half.</summary>
public enum IpFamily
{
    /// <summary>RFC 791.</summary>
    V4 = 4,

    /// <summary>RFC 8200.</summary>
    V6 = 6,
}
