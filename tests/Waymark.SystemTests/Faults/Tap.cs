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

    public Tap(World world, int port)
    {
        this.world = world;
        World.In(world.FarName, "nft", "table netdev tap {\n" + string.Join('\n', Enumerable.Range(1, 3).Select(n =>
            $"chain r{n} {{\ntype filter hook ingress device r{n} priority -500\nip daddr {World.Server4} meta l4proto {{ tcp, udp }} th dport {port} counter\nip6 daddr {World.Server6} meta l4proto {{ tcp, udp }} th dport {port} counter\n}}")) + "\n}");
    }

    /// <summary>Packets by uplink, of both families.</summary>
    public long[] Counts()
    {
        var counts = new long[3];
        var link = 0;
        foreach (var line in World.In(world.FarName, "nft", "list table netdev tap").Split('\n'))
        {
            if (line.Contains("chain r", StringComparison.Ordinal))
            {
                link = line[line.IndexOf("chain r", StringComparison.Ordinal) + 7] - '1';
            }
            else if (line.Contains("counter packets ", StringComparison.Ordinal))
            {
                counts[link] += long.Parse(line.Split("packets ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }
        return counts;
    }

    /// <summary>Packets that left by another uplink than that one.</summary>
    public long Leaks(int path) => Counts().Where((_, i) => i != path - 1).Sum();
}
