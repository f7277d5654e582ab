using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.PathDecision;
using Waymark.Paths;

namespace Waymark.Benchmarks;

/// <summary>
/// A path is lost that carries one class in eight: how long from the return of the call that received the kernel's message until the kernel has acknowledged that its
/// flows go elsewhere.
/// </summary>
internal static class PathLossRows
{
    /// <summary>More bits for classes than by default, for those who have more than 1,023 different actions: <c>ctmark 0xffffff00</c>.</summary>
    private static readonly Territory Wide = Territory.Default with { CtMark = 0xffffff00 };

    public static void Add(Results results)
    {
        using var rest = new ManualResetEventSlim();
        using var uplinks = new Uplinks(8);
        results.Section("A path is lost, 8 paths (ms from the kernel's message)");
        // The kernel tells of a link's carrier about once a second.
        foreach (var (policies, actions, losses) in new[] { (10_000, 16, 60), (10_000, 1_000, 60), (10_000, 10_000, 60), (100_000, 100, 100) })
        {
            using var installer = new FilterRuleInstaller(Wide, TimeProvider.System);
            var settings = DecisionSettings.Default with { Classes = Wide.Classes };
            var whole = Worlds.World(Worlds.Policies(policies, actions), uplinks.Paths, Worlds.Known(8)) with { Settings = settings };
            var less = whole with { Paths = new(uplinks.Paths.Paths.Where(path => path.Name != "d1")) };
            var memory = installer.Adopt();
            var last = DecisionMemory.None;
            DecisionState? state = null;
            void Put(World world)
            {
                state = state?.Next(world with { Previous = last }) ?? DecisionState.Start(world with { Previous = last });
                var decision = state.Decision;
                var encoded = NftablesEncoder.Encode(decision.FilterRules, world.Paths, Wide, EncoderOptions.Default, memory);
                installer.Apply(encoded);
                (memory, last) = (encoded.Memory, decision.Next);
            }

            Put(whole);
            using var link = new LostLink(installer, uplinks.Paths.Find(new PathId("ip", "d1"))!);
            List<double> moved = [], forgotten = [], settled = [];
            for (var i = 0; i < losses; i++)
            {
                // Not in the wake of a change: what that took away the kernel is still freeing.
                rest.Wait(TimeSpan.FromMilliseconds(30));
                moved.Add(link.Time(() => Uplinks.Ip("link set e1 down\n", "far")));
                forgotten.Add(Clock.Time(() => installer.ForgetFlows(new PathId("ip", "d1"))));
                settled.Add(Clock.Time(() => Put(less)));
                last = DecisionMemory.None with { ClassNumbers = last.ClassNumbers };
                link.Mend(() => Uplinks.Ip("link set e1 up\n", "far"));
                Put(whole);
            }
            var what = $"{policies} policies, {actions} actions, {losses} losses";
            results.Add($"{what}: its flows go to their backups, p50", Clock.Rank(moved, 50), "ms", actions == 10_000 ? "below 1" : "below 0.5");
            results.Add($"{what}: its flows go to their backups, p99", Clock.Rank(moved, 99), "ms");
            results.Add($"{what}: its flows go to their backups, worst", moved.Max(), "ms", "below 2");
            results.Add($"{what}: its datagram flows are forgotten, p50", Clock.Rank(forgotten, 50), "ms");
            results.Add($"{what}: the decision without it is made and in force, p50", Clock.Rank(settled, 50), "ms");
            results.Add($"{what}: the decision without it is made and in force, p99", Clock.Rank(settled, 99), "ms");
            installer.Erase();
        }
    }
}
