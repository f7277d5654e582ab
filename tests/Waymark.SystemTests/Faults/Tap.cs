using System.Globalization;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// Counts, at the far end of each uplink and before anything else sees them, the packets to a port of the server that leave the node there; unlike a capture it cannot
/// lose one. What the node thought of the first of them it keeps as well: of one packet in a million that went astray nothing else is left.
/// </summary>
internal sealed class Tap
{
    private readonly World world;
    private readonly string table;

    public Tap(World world, int port)
    {
        (this.world, table) = (world, $"tap{port}");
        World.In(world.FarName, "nft", $"table inet {table} {{\nchain pre {{\ntype filter hook prerouting priority -450\n" + string.Join('\n', Enumerable.Range(1, 3).Select(n =>
            $"iifname r{n} ip daddr {World.Server4} meta l4proto {{ tcp, udp }} th dport {port} counter\niifname r{n} ip6 daddr {World.Server6} meta l4proto {{ tcp, udp }} th dport {port} counter")) + "\n}\n}");
        World.In(world.NodeName, "nft", $"table inet {table} {{\n" + string.Concat(Enumerable.Range(1, 3).Select(n =>
            $"set left{n} {{\ntype mark . mark . inet_proto . inet_service\nflags dynamic\nsize 32\n}}\n")) + "chain post {\ntype filter hook postrouting priority 300\n" + string.Join('\n', Enumerable.Range(1, 3).Select(n =>
            $"oifname w{n} meta l4proto {{ tcp, udp }} th dport {port} add @left{n} {{ ct mark . meta mark . meta l4proto . th sport }}")) + "\n}\n}");
    }

    /// <summary>Packets by uplink, of both families.</summary>
    public long[] Counts()
    {
        var counts = new long[3];
        foreach (var line in World.In(world.FarName, "nft", $"list table inet {table}").Split('\n').Where(line => line.Contains("counter packets ", StringComparison.Ordinal)))
        {
            counts[line[line.IndexOf("\"r", StringComparison.Ordinal) + 2] - '1'] += long.Parse(line.Split("packets ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        }
        return counts;
    }

    /// <summary>Packets that left by another uplink than that one.</summary>
    public long Leaks(int path) => Counts().Where((_, i) => i != path - 1).Sum();

    /// <summary>Not one packet left by another uplink than these.</summary>
    public void AssertOnly(params int[] paths)
    {
        var counts = Counts();
        foreach (var other in new[] { 1, 2, 3 }.Except(paths).Where(other => counts[other - 1] > 0))
        {
            Assert.Fail($"{counts[other - 1]} packets left by w{other}; connection mark, mark, protocol and source port of the first:\n{World.In(world.NodeName, "nft", $"list set inet {table} left{other}")}\n"
                + World.In(world.NodeName, "nft", "list table inet waymark"));
        }
    }
}
