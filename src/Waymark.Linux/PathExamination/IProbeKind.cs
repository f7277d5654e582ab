using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>A way of asking whether paths work. Another one joins by standing in <see cref="ProbeKinds"/>.</summary>
public interface IProbeKind
{
    /// <summary>What an explanation calls it: <c>icmp</c>.</summary>
    string Name { get; }

    /// <summary>Whether it is the one that asks such a target.</summary>
    bool Takes(ProbeTarget target);

    /// <summary>What one probe of the target and its answer take, in bytes of IP packets, both ways together: what a budget counts.</summary>
    int BytesOf(ProbeTarget target, IpFamily family);

    /// <summary>
    /// Opens what asks by <paramref name="device"/> in the calling thread's network namespace. Throws <see cref="System.Net.Sockets.SocketException"/>, without the
    /// right for example.
    /// </summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which probes leave and answers come.</param>
    /// <param name="seed">Of what tells its probes from others'.</param>
    IProbe Open(IpFamily family, string device, ulong seed);
}
