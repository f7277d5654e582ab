using Waymark.ConditionDecision;
using Waymark.PathDecision;

namespace Waymark.Benchmarks;

/// <summary>What deciding costs; pure, so it is timed without a kernel.</summary>
internal static class DecisionRows
{
    private const int Paths = 16, Rounds = 300;

    public static void Add(Results results)
    {
        results.Section($"Decision (pure), {Paths} paths");
        foreach (var (count, actions) in new[] { (1_000, 100), (100_000, 100), (10_000, 10_000) })
        {
            var policies = Worlds.Policies(count, actions);
            var settings = DecisionSettings.Default with { Classes = Math.Max(actions, DecisionSettings.Default.Classes) };
            var world = Worlds.World(policies, Worlds.Paths(Paths), Worlds.Known(Paths)) with { Settings = settings };
            var start = DecisionState.Start(world);
            var changed = world with { Characteristics = Worlds.Known(Paths, 3), Previous = start.Decision.Next };
            results.Add($"full decision, {count} policies in {actions} actions, everything measured anew",
                Clock.Median(15, () => PathResolution.Decide(changed), unheeded: 15), "ms", count == 100_000 ? "below 100" : "");

            // Delays of 10 to 160 ms; classes have limits from 50 ms on, a tenth of a millisecond apart.
            Follow("every path measured anew, no limit crossed", 0.00002, _ => true);
            Follow("one path measured anew, limits of one class crossed", 0.0001, path => path == 4);
            Follow("every path measured anew, one place further", null, _ => true);

            var more = Worlds.Policies(1, 1).Sets[0] with { Name = "more" };
            var grown = start;
            var isMore = false;
            results.Add("  after it: a set of one policy comes or goes, merged and decided", Clock.Median(15, () =>
            {
                isMore = !isMore;
                var sets = isMore ? [.. policies.Sets, more] : policies.Sets;
                grown = grown.Next(grown.World with { Policies = PolicyMerge.Merge(sets, policies.Names, grown.World.Policies), Previous = grown.Decision.Next });
            }, unheeded: 15), "ms");

            void Follow(string what, double? step, Func<int, bool> isMoved)
            {
                var state = start;
                var times = new List<double>();
                var effort = (Predicates: 0, Classes: 0);
                for (var round = 0; round < Rounds + 50; round++)
                {
                    // There and back again, so that each round is like the others.
                    var next = state.World with
                    {
                        Characteristics = step is { } by ? Worlds.Known(Paths, 0, (path, delay) => delay + 0.00005 + (isMoved(path) ? by * (round % 2) : 0)) : Worlds.Known(Paths, round % 2),
                        Previous = state.Decision.Next,
                        Now = state.World.Now.AddMilliseconds(50),
                    };
                    var took = Clock.Time(() => state = state.Next(next));
                    if (round >= 50)
                    {
                        times.Add(took);
                        effort = (effort.Predicates + state.Effort.Predicates, effort.Classes + state.Effort.Classes);
                    }
                }
                var goal = step is null ? "" : "below 1";
                results.Add($"  after it: {what}, p50", Clock.Rank(times, 50), "ms", goal);
                results.Add($"  after it: {what}, p99", Clock.Rank(times, 99), "ms", goal);
                results.Add($"  after it: {what}: predicates evaluated", (double)effort.Predicates / Rounds, "");
                results.Add($"  after it: {what}: classes decided", (double)effort.Classes / Rounds, "");
            }
        }
    }
}
