using Waymark.PathDecision;

namespace Waymark.Benchmarks;

/// <summary>What deciding costs; pure, so it is timed without a kernel.</summary>
internal static class DecisionRows
{
    public static void Add(Results results)
    {
        results.Section("Decision (pure), 16 paths");
        foreach (var (count, actions) in new[] { (1_000, 100), (10_000, 100), (100_000, 100), (10_000, 10_000) })
        {
            var policies = Worlds.Policies(count, actions);
            var settings = DecisionSettings.Default with { Classes = Math.Max(actions, DecisionSettings.Default.Classes) };
            var world = Worlds.World(policies, Worlds.Paths(16), Worlds.Known(16)) with { Settings = settings };
            var first = PathResolution.Decide(world);
            var changed = world with { Characteristics = Worlds.Known(16, 3), Previous = first.Next };
            results.Add($"full decision, {count} policies in {actions} actions, everything measured anew",
                Clock.Median(15, () => PathResolution.Decide(changed), unheeded: 30), "ms", count == 100_000 ? "below 100" : "");
            var resolver = new PathResolver();
            resolver.Decide(changed);
            var shift = 0;
            results.Add("  the same when nothing but measurements changed since the last one",
                Clock.Median(15, () => resolver.Decide(changed with { Characteristics = Worlds.Known(16, shift++ % 2) }), unheeded: 10), "ms", count == 100_000 ? "below 1" : "");
        }
    }
}
