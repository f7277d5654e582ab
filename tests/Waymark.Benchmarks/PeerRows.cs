using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Linux.Netlink;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Benchmarks;

/// <summary>
/// A spoke (this namespace) changes its mind about the tunnel that its hub (the other one) sends by: how soon the hub's datagrams, one a millisecond of one flow, come in by the other tunnel, and how many are lost on the change.
/// </summary>
internal static class PeerRows
{
    private const int Changes = 50, Port = 5000;
    private const string Spoke = "10.2.0.1";

    /// <summary>Longer than a node keeps changes of policies together, and than it waits between two messages to a peer.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    public static void Add(Results results)
    {
        results.Section($"A hub follows its spoke ({Changes} changes)");
        using var uplinks = new Uplinks(2, answers: true);
        Uplinks.Ip($"addr add {Spoke}/32 dev lo\n");
        Uplinks.Ip("route add default via 10.1.1.2\n", "far");
        var authority = System.IO.Directory.CreateTempSubdirectory("waymark-bench-").FullName;
        try
        {
            Pki("init");
            Pki("issue", "--host", "hub.example.net", "--into", authority);
            Pki("issue", "--host", "spoke.example.net", "--into", authority);
            using var hub = new RunningDaemon(NodeFile(authority, "hub", "spoke", "e", 2, "10.2.0.0/16", ""), "", "far");
            hub.AwaitListening();
            using var spoke = new RunningDaemon(NodeFile(authority, "spoke", "hub", "d", 1, "203.0.113.0/24", $"address {Uplinks.Server4};"), "");
            spoke.AwaitListening();
            spoke.Await(said => said.Contains(" connected", StringComparison.Ordinal) && !said.Contains("not connected", StringComparison.Ordinal), "get", "peers");
            Measure(results, spoke);
        }
        finally
        {
            System.IO.Directory.Delete(authority, recursive: true);
        }

        void Pki(params string[] arguments) => Uplinks.Run(RunningDaemon.Program("waymark"), null, ["pki", .. arguments, "-d", $"{authority}/pki"]);
    }

    private static void Measure(Results results, RunningDaemon spoke)
    {
        using var client = new NodeClient(spoke.Socket);
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        receiver.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        receiver.Bind(new IPEndPoint(IPAddress.Any, Port));
        using var far = NetworkNamespace.Open("far");
        using var sender = far.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using var stop = new CancellationTokenSource();
        var (times, lost) = (new List<double>(), new List<double>());
        Ask(client, 1);
        var sending = new Thread(() => Send(sender, stop.Token));
        sending.Start();
        for (var i = 0; i < Changes; i++)
        {
            for (var rested = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(rested) < Rest;)
            {
                Hear(receiver);
            }
            var (device, last) = Hear(receiver);
            var start = Stopwatch.GetTimestamp();
            var asking = Task.Run(() => Ask(client, 2 - (i % 2)));
            var (now, number) = Hear(receiver);
            for (; now == device; (now, number) = Hear(receiver))
            {
                last = number;
            }
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            lost.Add(number - last - 1);
            asking.Wait();
        }
        stop.Cancel();
        sending.Join();
        results.Add("a policy of the spoke submitted to the hub's first datagram by the other tunnel, p50", Clock.Rank(times, 50), "ms", "20 from the spoke's decision");
        results.Add("the same, worst", times.Max(), "ms");
        results.Add("datagrams of the flow lost on the change (one a millisecond), p50", Clock.Rank(lost, 50), "");
        results.Add("the same, worst", lost.Max(), "");
    }

    private static void Ask(NodeClient client, int tunnel)
    {
        var set = PolicySetTranslation.ToWire(PolicyLanguage.Parse($"voice: udp local port {Port} at peer hub require label \"name\" = \"spoke{tunnel}\";", "voice.way").Set!);
        client.Policies.Apply(new V1.ApplyRequest { Name = "voice.way", PolicySet = set, Submission = NodeClient.NewId() });
    }

    private static void Send(Socket sender, CancellationToken cancellationToken)
    {
        var to = new IPEndPoint(IPAddress.Parse(Spoke), Port);
        for (var number = 0; !cancellationToken.WaitHandle.WaitOne(1); number++)
        {
            try
            {
                sender.SendTo(BitConverter.GetBytes(number), to);
            }
            catch (SocketException)
            {
                // Dropped in the hub's own kernel, which says so.
            }
        }
    }

    private static (int Device, int Number) Hear(Socket receiver)
    {
        Span<byte> datagram = stackalloc byte[4];
        var flags = SocketFlags.None;
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        receiver.ReceiveMessageFrom(datagram, ref flags, ref from, out var came);
        return (came.Interface, BitConverter.ToInt32(datagram));
    }

    private static string NodeFile(string authority, string node, string peer, string device, int there, string prefix, string more) => $$"""
        node "{{node}}";
        listen { address 0.0.0.0; certificate "{{authority}}/{{node}}.example.net.pem"; key "{{authority}}/{{node}}.example.net.key"; authority "{{authority}}/pki/ca.pem"; }
        peer {{peer}} { certificate "{{peer}}.example.net"; prefix {{prefix}}; {{more}} }
        {{string.Concat(new[] { 1, 2 }.Select(n => $"path {node}{n} {{ interface {device}{n}; gateway 10.1.{n}.{there}; peer {peer}; shared {n}; }}\n"))}}
        probe default { none; }
        """;
}
