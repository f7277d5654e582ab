using System.Globalization;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// Counts, at the far end of each uplink and before anything else sees them, the packets to a port of the server that leave the node there; unlike a capture it cannot
/// lose one.
/// </summary>
internal sealed class Tap
{
    private readonly World world;
    private readonly string table;

    public Tap(World world, int port)
    {
        this.world = world;
        World.In(world.FarName, "nft", $"table inet tap{port} {{\nchain pre {{\ntype filter hook prerouting priority -450\n" + string.Join('\n', Enumerable.Range(1, 3).Select(n =>
            $"iifname r{n} ip daddr {World.Server4} meta l4proto {{ tcp, udp }} th dport {port} counter\niifname r{n} ip6 daddr {World.Server6} meta l4proto {{ tcp, udp }} th dport {port} counter")) + "\n}\n}");
        table = $"tap{port}";
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
}
