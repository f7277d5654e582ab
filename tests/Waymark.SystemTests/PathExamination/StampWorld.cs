using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.SystemTests.PathExamination;

/// <summary>
/// A node that asks and a far end that answers.
/// <code>[node] wan0 192.0.2.10, 2001:db8:1::10 --- far0 192.0.2.1, 2001:db8:1::1 [far]</code>
/// </summary>
internal sealed class StampWorld : IDisposable
{
    public StampWorld()
    {
        Node.Connect("wan0", Far, "far0");
        Node.Ip("addr add 192.0.2.10/24 dev wan0");
        Node.Ip("addr add 2001:db8:1::10/64 dev wan0 nodad");
        Far.Ip("addr add 192.0.2.1/24 dev far0");
        Far.Ip("addr add 2001:db8:1::1/64 dev far0 nodad");
    }

    public TestNamespace Node { get; } = new("node");

    /// <summary>Of the node's probes.</summary>
    public PacketThread Thread { get; } = new(TimeProvider.System, "probes");

    public TestNamespace Far { get; } = new("far");

    /// <summary>What both ends say of their clocks: they are one machine's, so nothing keeps them apart.</summary>
    public static ErrorEstimate Kept { get; } = ErrorEstimate.Of(true, TimeSpan.FromMilliseconds(1));

    public static string Target(IpFamily family) => family == IpFamily.V4 ? "192.0.2.1" : "2001:db8:1::1";

    public static string Source(IpFamily family) => family == IpFamily.V4 ? "192.0.2.10" : "2001:db8:1::10";

    public static ProbeTarget.Stamp Asking(IpFamily family, int port = ProbeTarget.Stamp.UsualPort, string? key = null) => new(IpAddress.Parse(Target(family)), port, key);

    public StampReflector Reflect(StampKey? key = null, params string[] from) => Far.Network.Run(() => new StampReflector(
        new(ProbeTarget.Stamp.UsualPort, key, from.Select(Prefix).ToEquatableArray()), TimeProvider.System, () => Kept));

    public IProbe Probe(IpFamily family, string device = "wan0") => Node.Network.Run(() => new StampProbeKind(Thread, () => Kept).Open(family, device, 0xbeef_0000_0000_0000));

    public static Socket Udp(TestNamespace where, IpFamily family, string address, int port = 0) => where.Network.Run(() =>
    {
        var socket = new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        return socket;
    });

    public void Dispose()
    {
        Thread.Dispose();
        Node.Dispose();
        Far.Dispose();
    }

    private static IpPrefix Prefix(string text) => text.Split('/') is [var address, var length] ? new(IpAddress.Parse(address), int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)) : throw new FormatException(text);
}
