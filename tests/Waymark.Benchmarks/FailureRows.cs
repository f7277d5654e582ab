using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.Benchmarks;

/// <summary>
/// A path fails under a running <c>waymarkd</c>: how long a flow of a datagram a millisecond is not heard, from its last datagram over the old path to the first over
/// the other, as the receiver sees it.
/// </summary>
internal static class FailureRows
{
    private const int Failures = 10;

    public static void Add(Results results)
    {
        results.Section($"A path fails under waymarkd (ms without a datagram, as the receiver sees it; {Failures} failures)");
        using var uplinks = new Uplinks(2, answers: true);
        using var far = NetworkNamespace.Open("far");
        foreach (var (family, interval) in new[] { (IpFamily.V4, 50), (IpFamily.V6, 50), (IpFamily.V4, 1000) })
        {
            using var server = far.Run(() => Udp(family));
            server.Bind(new IPEndPoint(family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, 5060));
            server.ReceiveTimeout = 20_000;
            using var daemon = new RunningDaemon(
                $$"""
                path one { interface d1; }
                path two { interface d2; cost 1 /GB; }
                probe default { icmp {{(family == IpFamily.V4 ? Uplinks.Server4 : Uplinks.Server6)}}; every {{interval}} ms; need 1; down after 3; up after 2; }
                hold-down { penalty 0; suppress 2000; reuse 750; half-life 15 s; }
                """, "udp peer port 5060 prefer lowest cost;");
            daemon.AwaitMeasured(2);
            var silent = Gaps(server, () => Uplinks.Run("ip", null, "netns", "exec", "far", "nft", "table inet cut { chain c { type filter hook prerouting priority -400; iifname e1 drop; }; }"),
                () => Uplinks.Run("ip", null, "netns", "exec", "far", "nft", "delete table inet cut"));
            results.Add($"IP{family.ToString().ToLowerInvariant()}: silence (the carrier stays), probed every {interval} ms, p50", Clock.Rank(silent, 50), "ms");
            results.Add($"IP{family.ToString().ToLowerInvariant()}: silence (the carrier stays), probed every {interval} ms, worst", silent.Max(), "ms", interval == 50 ? "below 200" : "below 3500");
            if (interval == 50)
            {
                var carrier = Gaps(server, () => Uplinks.Ip("link set e1 down\n", "far"), () => Uplinks.Ip("link set e1 up\naddr replace 2001:db8:1::1/64 dev e1 nodad\n", "far"));
                results.Add($"IP{family.ToString().ToLowerInvariant()}: the carrier is lost, p50", Clock.Rank(carrier, 50), "ms");
                results.Add($"IP{family.ToString().ToLowerInvariant()}: the carrier is lost, worst", carrier.Max(), "ms");
                results.Add("waymarkd at rest meanwhile, 2 paths probed every 50 ms", daemon.Load(TimeSpan.FromSeconds(5)), "% of a core");
            }
        }
    }

    private static List<double> Gaps(Socket server, Action fail, Action mend)
    {
        var gaps = new List<double>();
        while (gaps.Count < Failures)
        {
            AwaitFirstPath(server);
            using var client = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            using var stop = new CancellationTokenSource();
            var sender = new Thread(() => Send(client, stop.Token));
            sender.Start();
            if (Gap(server, fail, mend) is { } gap)
            {
                gaps.Add(gap);
            }
            stop.Cancel();
            sender.Join();
        }
        return gaps;
    }

    /// <summary>Lets the flow run over the first path for a while, has that fail, and gives how long it was silent; null where it was not on the first path.</summary>
    private static double? Gap(Socket server, Action fail, Action mend)
    {
        for (var heard = 0; heard < 200; heard++)
        {
            if (!IsFirstPath(Hear(server)))
            {
                return null;
            }
        }
        var failing = Task.Run(fail);
        var last = Stopwatch.GetTimestamp();
        while (IsFirstPath(Hear(server)))
        {
            last = Stopwatch.GetTimestamp();
        }
        var gap = Stopwatch.GetElapsedTime(last).TotalMilliseconds;
        failing.Wait();
        mend();
        return gap;
    }

    /// <summary>Until new flows take the better path again, and nothing of the old is on its way.</summary>
    private static void AwaitFirstPath(Socket server)
    {
        using var rest = new ManualResetEventSlim();
        while (server.Available > 0)
        {
            Hear(server);
        }
        for (var heard = 0; heard < 5;)
        {
            using var probe = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            TrySend(probe);
            // Slowly: each one is a flow that the kernel remembers for half a minute, and its port with it.
            rest.Wait(TimeSpan.FromMilliseconds(50));
            if (server.Available > 0)
            {
                heard = IsFirstPath(Hear(server)) ? heard + 1 : 0;
            }
        }
    }

    private static void Send(Socket client, CancellationToken cancellationToken)
    {
        while (!cancellationToken.WaitHandle.WaitOne(1))
        {
            TrySend(client);
        }
    }

    private static void TrySend(Socket client)
    {
        try
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Parse(client.AddressFamily == AddressFamily.InterNetwork ? Uplinks.Server4 : Uplinks.Server6), 5060));
        }
        catch (SocketException)
        {
            // Refused while its path is gone: the next one is decided anew.
        }
    }

    private static IPAddress Hear(Socket server)
    {
        EndPoint from = new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        server.ReceiveFrom(new byte[16], ref from);
        return ((IPEndPoint)from).Address;
    }

    private static bool IsFirstPath(IPAddress from) => from.ToString() is "10.1.1.2" or "2001:db8:1::2";

    private static Socket Udp(IpFamily family) => new(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
}
