using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;

namespace Waymark.Tests.PathDecision;

/// <summary>What holds of every decision, whatever is measured and however the paths come and go.</summary>
public sealed class PathResolutionProperties
{
    private static readonly string[] Names = ["wifi", "lte", "sat", "dsl"];
    private static readonly Gen<Moment[]> Course = Gen.Select(Gen.Double[0.001, 0.3].Array[4], Gen.Double[0, 5].Array[4], Gen.Bool.Array[4], Gen.Bool.Array[4], Gen.Int[1, 30],
        (delays, costs, ups, present, seconds) => new Moment(delays, costs, ups, present, seconds)).Array[1, 12];

    [Fact]
    public void No_flow_is_sent_to_a_path_that_is_down_or_does_not_satisfy() => Course.Sample(course =>
    {
        foreach (var (world, decision) in Play("any require delay < 100 ms prefer lowest cost;", course))
        {
            if (Used(decision) is { } id)
            {
                var known = world.Characteristics.Of(id);
                Assert.True(known.TryGet("delay", out var delay) && delay.Value.Number < 0.1);
                Assert.True(known.TryGet(PathCharacteristics.Up4, out var up) && up.Value.Flag);
                Assert.NotNull(world.Paths.Find(id));
            }
            else
            {
                Assert.DoesNotContain(world.Paths.Paths, path => Satisfies(world, path.Id));
            }
        }
    }, iter: 300);

    [Fact]
    public void A_path_in_use_is_left_only_for_one_that_is_better_by_more_than_the_tolerance() => Course.Sample(course =>
    {
        PathId? before = null;
        foreach (var (world, decision) in Play("any prefer lowest delay within 20 ms;", course))
        {
            var now = Used(decision);
            if (before is { } old && now is { } other && other != old && world.Paths.Find(old) is not null && IsFree(world, decision, old))
            {
                Assert.True(Delay(world, old) - world.Paths.Paths.Where(path => IsFree(world, decision, path.Id)).Min(path => Delay(world, path.Id)) > 0.02);
            }
            before = now;
        }
    }, iter: 300);

    [Fact]
    public void A_strict_policy_denies_every_path_that_does_not_satisfy_it() => Course.Sample(course =>
    {
        foreach (var (world, decision) in Play("any require delay < 100 ms else drop;", course))
        {
            var denied = decision.FilterRules.Classes[0].Denied4;
            foreach (var path in world.Paths.Paths)
            {
                Assert.Equal(!Satisfies(world, path.Id), denied.AsSpan().Contains(path.Id));
            }
        }
    }, iter: 300);

    [Theory]
    [InlineData("any prefer lowest delay within 20 ms;")]
    [InlineData("any require delay < 100 ms prefer lowest cost within 0.5 for 4 s else prefer lowest delay else drop;")]
    [InlineData("any require cost < 1 for 3 s else closest;")]
    public void A_backup_is_what_is_decided_when_the_path_in_use_is_lost(string policies) => Course.Sample(course =>
    {
        foreach (var (world, decision) in Play(policies, course))
        {
            if (Used(decision) is { } id)
            {
                var lost = world.Up(id.LocalId, false) with { Previous = decision.Next };
                Assert.Equal(Used(PathResolution.Decide(lost)), decision.FilterRules.Classes[0].Backup4);
            }
        }
    }, iter: 300);

    [Fact]
    public void The_same_world_gives_the_same_decision_in_whatever_order_it_is_told() => Course.Sample(course =>
    {
        foreach (var (world, decision) in Play("when count path (up) >= 2 for 5 s { any balance by bandwidth; } otherwise { any prefer lowest cost, lowest delay for 4 s; }", course))
        {
            var turned = world with
            {
                Paths = new(world.Paths.Paths.Reverse()),
                Characteristics = new(world.Characteristics.Paths.Reverse().Select(one => PathCharacteristics.Of(one.Path, one.Values.Reverse()))),
            };
            Assert.Equal(Recording.Digest(decision), Recording.Digest(PathResolution.Decide(turned)));
        }
    }, iter: 200);

    /// <summary>Decides at each moment, with the memory of the one before.</summary>
    private static IEnumerable<(World World, Decision Decision)> Play(string policies, Moment[] course)
    {
        var world = Worlds.Of(policies);
        Decision? last = null;
        foreach (var moment in course)
        {
            world = world with { Paths = new(Names.Where((_, i) => moment.Present[i]).Select((name, i) => Worlds.Path(name, metric: (uint)i))), Characteristics = CharacteristicsSet.Empty };
            for (var i = 0; i < Names.Length; i++)
            {
                world = world.Up(Names[i], moment.Ups[i]).With(Names[i], ("delay", moment.Delays[i]), ("cost", moment.Costs[i]), ("bandwidth", moment.Costs[i] * 1e6));
            }
            world = last is null ? world : world.After(TimeSpan.FromSeconds(moment.Seconds), last);
            last = PathResolution.Decide(world);
            yield return (world, last);
        }
    }

    private static PathId? Used(Decision decision) => decision.FilterRules.Classes[0].V4 is FilterAction.Use(var id) ? id : null;

    private static bool IsUp(World world, PathId id) => world.Paths.Find(id) is not null && world.Characteristics.Of(id).TryGet(PathCharacteristics.Up(IpFamily.V4), out var up) && up.Value.Flag;

    private static bool IsFree(World world, Decision decision, PathId id) => IsUp(world, id) && !decision.Next.Penalties.Any(one => one.Path == id && one.IsSuppressed);

    private static bool Satisfies(World world, PathId id) => IsUp(world, id) && Delay(world, id) < 0.1;

    private static double Delay(World world, PathId id) => world.Characteristics.Of(id).TryGet("delay", out var delay) ? delay.Value.Number : double.PositiveInfinity;

    private sealed record Moment(double[] Delays, double[] Costs, bool[] Ups, bool[] Present, int Seconds);
}
