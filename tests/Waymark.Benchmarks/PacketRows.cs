using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.PathDecision;

namespace Waymark.Benchmarks;

/// <summary>What filter rules cost a packet: one of a connection that is there, and the first of a new one; of this host's, and of a host behind it.</summary>
internal static class PacketRows
{
    private const int PerRound = 20_000;
    private const int Measured = 30;
    private static readonly byte[] Packet = new byte[64];

    public static void Add(Results results)
    {
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            results.Section($"What an IP{family.ToString().ToLowerInvariant()} packet costs (sendto of 64 bytes; ns, fourth fastest of {Measured} rounds of {PerRound})");
            using var uplinks = new Uplinks(8);
            var none = Measure(uplinks, family);
            none.AddTo(results, "no rules at all");
            Costs? one = null;
            foreach (var count in new[] { 1, 100, 10_000, 100_000 })
            {
                using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
                var decision = PathResolution.Decide(Worlds.World(Worlds.Policies(count, Math.Min(16, count), family: family), uplinks.Paths, Worlds.Known(8)));
                var options = EncoderOptions.Default with { ForwardFrom = ["l0"], Masquerade = true };
                installer.Apply(NftablesEncoder.Encode(decision.FilterRules, uplinks.Paths, Territory.Default, options, installer.Adopt()));
                var costs = Measure(uplinks, family);
                costs.AddTo(results, $"{count} filter rules");
                one ??= costs;
                if (count == 100_000)
                {
                    results.Add("  established packet, beside one rule", costs.Local / one.Local, "x", "within 1.1");
                    results.Add("  established packet, beside no rules", costs.Local / none.Local, "x", "within 2.2");
                    results.Add("  forwarded packet, beside no rules", costs.Forwarded / none.Forwarded, "x", "within 1.6");
                }
                if (count >= 10_000)
                {
                    results.Add("  first packet, beside one rule", costs.First / one.First, "x", count == 10_000 ? "within 3" : "");
                }
                installer.Erase();
            }
            foreach (var count in new[] { 100, 10_000 })
            {
                Compare(results, count, family);
            }
        }
    }

    /// <summary>As many rules of the same form, none of which matches: each packet passes them all.</summary>
    private static void Compare(Results results, int count, IpFamily family)
    {
        // Behind the last of those that are measured with.
        var rules = Enumerable.Range(100_000, count).Select(i => (Peer: $"{Worlds.Peer(i, family)}/{IpAddress.Width(family) - 3}", Port: Worlds.Port(i))).ToList();
        var (tables, flag) = family == IpFamily.V4 ? ("iptables-restore", "-4") : ("ip6tables-restore", "-6");
        Uplinks.Run(tables, "*mangle\n" + string.Concat(rules.Select(rule => $"-A OUTPUT -p udp -d {rule.Peer} --dport {rule.Port}:2000 -j MARK --set-mark 7\n")) + "COMMIT\n");
        results.Add($"for comparison: iptables, {count} MARK rules in a row, any packet", Established(null, family, 1_000), "ns");
        Uplinks.Run(tables, "*mangle\nCOMMIT\n");
        Uplinks.Run("ip", string.Concat(rules.Select(rule => $"rule add to {rule.Peer} ipproto udp dport {rule.Port}-2000 lookup 99 priority 5000\n")), flag, "-batch", "-");
        results.Add($"for comparison: {count} ip rules, first packet", First(1_000, family), "ns");
        Uplinks.Run("ip", string.Concat(rules.Select(rule => $"rule del to {rule.Peer} ipproto udp dport {rule.Port}-2000 lookup 99 priority 5000\n")), flag, "-batch", "-");
    }

    private static Costs Measure(Uplinks uplinks, IpFamily family) => new(Established(null, family), First(PerRound, family), Established(uplinks, family));

    // One socket, one peer that answers nothing: an established flow after its first packet. From behind, the sender does the forwarding in its own system call.
    private static double Established(Uplinks? behind, IpFamily family, int count = PerRound)
    {
        using var socket = behind is null ? Udp(family) : behind.Lan.Run(() => Udp(family));
        socket.Connect(Peer(1, 1500, family));
        return Rounds(count, _ => socket.Send(Packet));
    }

    // Another peer for each packet: each is the first of its flow. What tracking holds is thrown away before each round.
    private static double First(int count, IpFamily family)
    {
        using var socket = Udp(family);
        var next = 0;
        var peers = Enumerable.Range(0, count).Select(i => Peer((i / 250 * 256) + (i % 250), 1300, family).Serialize()).ToArray();
        return Rounds(count, i => socket.SendTo(Packet, SocketFlags.None, peers[next++ % peers.Length]), forgets: true);
    }

    private static IPEndPoint Peer(int offset, int port, IpFamily family)
    {
        var first = Worlds.Peer(0, family);
        return new((first with { Bits = first.Bits + (UInt128)offset }).ToIPAddress(), port);
    }

    private static Socket Udp(IpFamily family) => new(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);

    private static double Rounds(int count, Action<int> send, bool forgets = false)
    {
        // What others do on the machine only ever adds: of many rounds, one of the fastest.
        var costs = new List<double>();
        for (var round = 0; round < Measured + 1; round++)
        {
            if (forgets)
            {
                Uplinks.Run("conntrack", null, "-F");
            }
            costs.Add(Clock.Time(() =>
            {
                for (var i = 0; i < count; i++)
                {
                    send(i);
                }
            }) * 1e6 / count);
        }
        return Clock.Rank(costs[1..], 10);
    }

    private sealed record Costs(double Local, double First, double Forwarded)
    {
        public void AddTo(Results results, string what)
        {
            results.Add($"{what}: established packet of this host", Local, "ns");
            results.Add($"{what}: established packet of a host behind it", Forwarded, "ns");
            results.Add($"{what}: first packet", First, "ns");
        }
    }
}
