using System.Diagnostics;
using Waymark.FilterRules;
using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Sizes that the design promises, with bounds wide enough for a busy machine: they catch a square where a line was meant.</summary>
public sealed class ScaleTests
{
    [Theory]
    [InlineData(100_000, true)]
    [InlineData(10_000, false)]
    public void Many_rules_are_encoded_installed_and_found_unchanged_in_seconds(int count, bool isExact)
    {
        using var world = new World();
        var rules = Enumerable.Range(0, count).Select(i => One(i, isExact)).ToArray();
        var classes = Enumerable.Range(1, 16).Select(n => Class(n, Use(1 + (n % 3)))).ToArray();
        var clock = Stopwatch.StartNew();
        var encoded = world.Encode(Set(rules, classes));
        var encoding = clock.Elapsed;
        clock.Restart();
        world.Installer.Apply(encoded);
        var installing = clock.Elapsed;
        clock.Restart();
        world.Memory = encoded.Memory;
        Assert.False(world.Installer.Apply(world.Encode(Set(rules, classes))).IsChanged);
        var again = clock.Elapsed;
        var losses = new List<double>();
        for (var i = 0; i < 40; i++)
        {
            world.Installer.Apply(encoded);
            clock.Restart();
            world.Installer.KillPath(World.Id(2));
            losses.Add(clock.Elapsed.TotalMilliseconds);
        }
        losses.Sort();
        Console.WriteLine($"{count} rules: encode {encoding.TotalMilliseconds:F0} ms, install {installing.TotalMilliseconds:F0} ms, unchanged {again.TotalMilliseconds:F0} ms, "
            + $"path lost p50 {losses[20]:F2} ms, p95 {losses[38]:F2} ms");
        // A path that is lost while much is being installed does not wait for all of it, whenever that is.
        var other = world.Encode(Set([.. rules.Skip(1).Select(rule => rule with { Class = 1 + (rule.Class % 16) })], classes));
        world.Installer.Apply(encoded);
        var change = new Thread(() => world.Installer.Apply(other));
        clock.Restart();
        change.Start();
        var amid = new List<double>();
        do
        {
            var began = clock.Elapsed;
            world.Installer.KillPath(World.Id(1));
            amid.Add((clock.Elapsed - began).TotalMilliseconds);
        }
        while (change.IsAlive);
        amid.Sort();
        Console.WriteLine($"amid a change of {clock.Elapsed.TotalMilliseconds:F0} ms: {amid.Count} times, p50 {amid[amid.Count / 2]:F2} ms, worst {amid[^1]:F2} ms");
        Assert.True(encoding + installing < TimeSpan.FromSeconds(20), $"encode {encoding}, install {installing}");
        Assert.True(losses[20] < 20, $"path lost after {losses[20]} ms");
    }

    private static FilterRule One(int i, bool isExact)
    {
        var peer = (UInt128)0x0b000000 + ((UInt128)i * 7);
        var box = new FlowBox
        {
            Family = IpFamily.V4,
            Peer = isExact ? RangeSet.Of(peer) : RangeSet.Of(new NumberRange(peer, peer + 3)),
            PeerPort = isExact ? RangeSet.Of(443) : RangeSet.Of(new NumberRange(400, (UInt128)(500 + (i % 300)))),
            Protocol = RangeSet.Of(6),
        };
        return new(new([box]), 1 + (i % 16), Origin, null);
    }
}
