using System.Net;
using System.Net.Sockets;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.PathDecision;

namespace Waymark.Benchmarks;

/// <summary>What filter rules cost a packet: one of a connection that is there, and the first of a new one; of this host's, and of a host behind it.</summary>
internal static class PacketRows
{
    private const int PerRound = 20_000;
    private static readonly byte[] Packet = new byte[64];

    public static void Add(Results results)
    {
        results.Section($"What a packet costs (sendto of 64 bytes; ns, median of 9 x {PerRound})");
        using var uplinks = new Uplinks(8);
        var none = Measure(uplinks);
        none.AddTo(results, "no rules at all");
        Costs? one = null;
        foreach (var count in new[] { 1, 100, 10_000, 100_000 })
        {
            using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
            var decision = PathResolution.Decide(Worlds.World(Worlds.Policies(count, Math.Min(16, count)), uplinks.Paths, Worlds.Known(8)));
            var options = EncoderOptions.Default with { ForwardFrom = ["l0"], Masquerade = true };
            installer.Apply(NftablesEncoder.Encode(decision.FilterRules, uplinks.Paths, Territory.Default, options, installer.Adopt()));
            var costs = Measure(uplinks);
            costs.AddTo(results, $"{count} filter rules");
            one ??= costs;
            if (count == 100_000)
            {
                results.Add("  established packet, beside one rule", costs.Local / one.Local, "x", "within 1.1");
                results.Add("  established packet, beside no rules", costs.Local / none.Local, "x", "within 2.2");
                results.Add("  forwarded packet, beside no rules", costs.Forwarded / none.Forwarded, "x", "within 1.6");
                results.Add("  first packet, beside one rule", costs.First / one.First, "x", "within 3");
            }
            installer.Erase();
        }
        foreach (var count in new[] { 100, 10_000 })
        {
            Uplinks.Run("iptables-restore", "*mangle\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"-A OUTPUT -p udp -d {Address(i)} --dport {1000 + (i % 300)} -j MARK --set-mark 7\n")) + "COMMIT\n");
            results.Add($"for comparison: iptables, {count} MARK rules in a row, any packet", Established(null, 1_000), "ns");
            Uplinks.Run("iptables-restore", "*mangle\nCOMMIT\n");
            Uplinks.Ip(string.Concat(Enumerable.Range(0, count).Select(i => $"rule add to {Address(i)} lookup 99 priority 5000\n")));
            results.Add($"for comparison: {count} ip rules, first packet", First(1_000), "ns");
            Uplinks.Ip(string.Concat(Enumerable.Range(0, count).Select(_ => "rule del priority 5000\n")));
        }
    }

    private static string Address(int i) => $"12.{i / 62_500}.{i / 250 % 250}.{i % 250}";

    private static Costs Measure(Uplinks uplinks) => new(Established(null), First(PerRound), Established(uplinks));

    // One socket, one peer that answers nothing: an established flow after its first packet. From behind, the sender does the forwarding in its own system call.
    private static double Established(Uplinks? behind, int count = PerRound)
    {
        using var socket = behind is null ? Udp() : behind.Lan.Run(Udp);
        socket.Connect(new IPEndPoint(IPAddress.Parse("11.0.0.1"), 1500));
        return Rounds(count, _ => socket.Send(Packet));
    }

    // Another peer for each packet: each is the first of its flow. What tracking holds is thrown away before each round.
    private static double First(int count)
    {
        using var socket = Udp();
        var next = 0;
        var peers = Enumerable.Range(0, count).Select(i => new IPEndPoint(new IPAddress([11, (byte)(i / 62_500), (byte)(i / 250 % 250), (byte)(i % 250)]), 1300).Serialize()).ToArray();
        return Rounds(count, i => socket.SendTo(Packet, SocketFlags.None, peers[next++ % peers.Length]), forgets: true);
    }

    private static Socket Udp() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    private static double Rounds(int count, Action<int> send, bool forgets = false)
    {
        var costs = new List<double>();
        for (var round = 0; round < 10; round++)
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
        return Clock.Rank(costs[1..], 50);
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
