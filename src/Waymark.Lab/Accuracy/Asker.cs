namespace Waymark.Lab.Accuracy;

/// <summary>Whose packets a link carries, as far as they are looked at.</summary>
public enum Asker
{
    /// <summary>Waymark's ICMP echo.</summary>
    Icmp,

    /// <summary>Its STAMP test packets.</summary>
    Stamp,

    /// <summary>Its requests for TCP connections.</summary>
    Tcp,

    /// <summary>Its questions to name servers.</summary>
    Dns,

    /// <summary>Its requests for pages.</summary>
    Http,

    /// <summary>Its trains of STAMP packets.</summary>
    Train,

    /// <summary><c>ping</c>.</summary>
    Ping,

    /// <summary><c>iperf3</c>.</summary>
    Iperf,
}
