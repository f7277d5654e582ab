using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Waymark.Flows;
using Waymark.Linux.SocketDiagnosis;
using Waymark.PathExamination;

namespace Waymark.SystemTests.SocketDiagnosis;

/// <summary>Sockets as we read them, beside <c>ss</c>, which reads the same of the same kernel.</summary>
public sealed class TcpSocketsTests : IDisposable
{
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly List<Socket> opened = [];
    private readonly TcpSockets sockets;

    public TcpSocketsTests()
    {
        node.Connect("wan0", far, "far0");
        node.Ip("addr add 192.0.2.10/24 dev wan0");
        node.Ip("addr add 2001:db8:1::10/64 dev wan0 nodad");
        far.Ip("addr add 192.0.2.1/24 dev far0");
        far.Ip("addr add 2001:db8:1::1/64 dev far0 nodad");
        sockets = node.Network.Run(() => new TcpSockets());
    }

    public void Dispose()
    {
        opened.ForEach(socket => socket.Dispose());
        sockets.Dispose();
        node.Dispose();
        far.Dispose();
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.10", IpFamily.V4, false)]
    [InlineData("2001:db8:1::1", "2001:db8:1::10", IpFamily.V6, false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.10", IpFamily.V4, false)]
    [InlineData("192.0.2.1", "192.0.2.10", IpFamily.V4, true)]
    public void A_connection_is_read_as_ss_tells_it(string peer, string own, IpFamily family, bool loses)
    {
        if (loses)
        {
            far.Run("nft 'table inet lossy { chain in { type filter hook input priority 0; tcp dport 5000 numgen random mod 100 < 10 drop; }; }'");
        }
        var port = Transfer(IPAddress.Parse(peer), bytes: 3_000_000);
        far.Run("nft flush ruleset");
        var (one, told) = ReadWithSs(port);
        Assert.Equal(new FlowEnds(IpAddress.Parse(own), port, IpAddress.Parse(family == IpFamily.V4 ? "192.0.2.1" : "2001:db8:1::1"), 5000), one.Ends);
        var measured = one.Measurement;
        Assert.Equal(ulong.Parse(Word(told, "sk:([0-9a-f]+)"), NumberStyles.HexNumber, CultureInfo.InvariantCulture), one.Cookie);
        Assert.Equal(Number(told, "rtt:([0-9.]+)/"), measured.RoundTrip!.Value.TotalMilliseconds, 0.001);
        Assert.Equal(Number(told, "rtt:[0-9.]+/([0-9.]+)"), measured.RoundTripVariation.TotalMilliseconds, 0.001);
        Assert.Equal(Number(told, "minrtt:([0-9.]+)"), measured.LeastRoundTrip!.Value.TotalMilliseconds, 0.001);
        Assert.Equal(Number(told, "bytes_acked:([0-9]+)"), (double)measured.AcknowledgedBytes!);
        Assert.Equal(Number(told, "bytes_received:([0-9]+)"), (double)measured.ReceivedBytes!);
        Assert.Equal(Number(told, "data_segs_out:([0-9]+)"), measured.SentSegments!.Value);
        Assert.Equal(Number(told, "delivery_rate ([0-9]+)bps"), measured.DeliveryRate!.Value);
        Assert.Equal(Number(told, " mss:([0-9]+)"), measured.SegmentBytes);
        Assert.Equal(told.Contains(" app_limited", StringComparison.Ordinal), measured.IsApplicationLimited);
        Assert.Equal(Number(told, "retrans:[0-9]+/([0-9]+)", otherwise: 0), measured.Retransmissions);
        Assert.Equal(Number(told, "dsack_dups:([0-9]+)", otherwise: 0), measured.NeedlessRetransmissions);
        // A kernel that is short of time drops packets of its own accord: none at all is not to be expected of it.
        Assert.True(measured.Retransmissions > 0 || !loses, "what was lost was sent again");
        Assert.True(measured.AcknowledgedBytes >= 3_000_000 && measured.ReceivedBytes == 1);
    }

    [Fact]
    public void Every_connection_is_there_once_and_what_only_listens_is_not()
    {
        for (var i = 0; i < 20; i++)
        {
            Transfer(IPAddress.Parse(i % 2 == 0 ? "192.0.2.1" : "2001:db8:1::1"), bytes: 10);
        }
        node.Network.Run(() => Listen(AddressFamily.InterNetworkV6));
        Assert.Equal(20, sockets.Read().Select(socket => socket.Cookie).Distinct().Count());
        Assert.Equal(20, sockets.Read().Count);
    }

    [Fact]
    public void A_socket_that_is_bound_to_a_device_tells_so()
    {
        var index = int.Parse(node.Run("cat /sys/class/net/wan0/ifindex"), CultureInfo.InvariantCulture);
        // SO_BINDTODEVICE.
        var port = Transfer(IPAddress.Parse("192.0.2.1"), bytes: 10, client => client.SetRawSocketOption(1, 25, "wan0"u8));
        Assert.Equal(index, Assert.Single(sockets.Read(), socket => socket.Ends.SourcePort == port).DeviceIndex);
    }

    /// <summary>Connects, sends so much and hears one byte back; gives the port of this end. Both ends stay open.</summary>
    private ushort Transfer(IPAddress peer, int bytes, Action<Socket>? prepare = null)
    {
        using var listener = far.Network.Run(() => Listen(peer.AddressFamily));
        var client = node.Network.Run(() => new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 20_000, ReceiveTimeout = 20_000 });
        opened.Add(client);
        if (peer.IsIPv4MappedToIPv6)
        {
            client.DualMode = true;
        }
        prepare?.Invoke(client);
        client.Connect(new IPEndPoint(peer, 5000));
        var accepted = listener.Accept();
        accepted.ReceiveTimeout = 20_000;
        opened.Add(accepted);
        var receiving = Task.Run(() =>
        {
            var buffer = new byte[1 << 16];
            for (var left = bytes; left > 0;)
            {
                left -= accepted.Receive(buffer);
            }
            accepted.Send([7]);
        });
        client.Send(new byte[bytes]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.True(receiving.Wait(TimeSpan.FromSeconds(20)));
        return (ushort)((IPEndPoint)client.LocalEndPoint!).Port;
    }

    private static Socket Listen(AddressFamily family)
    {
        var listener = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family == AddressFamily.InterNetworkV6)
        {
            listener.DualMode = true;
        }
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 5000));
        listener.Listen(10);
        return listener;
    }

    /// <summary>A socket and what <c>ss</c> says of it, at a time between which nothing changed: the last acknowledgement may still be under way.</summary>
    private (TcpSocket Socket, string Told) ReadWithSs(ushort port)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var before = One();
            var told = node.Run(string.Create(CultureInfo.InvariantCulture, $"ss -tineHO sport = :{port}"));
            if (Known(One()) == Known(before))
            {
                return (before, told);
            }
        }
        throw new InvalidOperationException("the connection does not come to rest");

        TcpSocket One() => Assert.Single(sockets.Read(), socket => socket.Ends.SourcePort == port);
    }

    private static TcpMeasurement Known(TcpSocket socket) => socket.Measurement with { SinceAcknowledgement = default };

    private static string Word(string told, string pattern) => Regex.Match(told, pattern) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException($"no '{pattern}' in: {told}");

    private static double Number(string told, string pattern, double? otherwise = null) =>
        otherwise is { } value && !Regex.IsMatch(told, pattern) ? value : double.Parse(Word(told, pattern), CultureInfo.InvariantCulture);
}
