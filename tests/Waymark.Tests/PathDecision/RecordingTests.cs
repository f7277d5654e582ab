using CsCheck;
using Waymark.Flows;
using Waymark.PathDecision;

namespace Waymark.Tests.PathDecision;

public sealed class RecordingTests
{
    [Theory]
    [InlineData("any require delay < 80 ms for 2 s prefer lowest cost within 1 /GB for 3 s, not metered else closest;")]
    [InlineData("when count path (up) >= 2 for 10 s { any balance by bandwidth; } otherwise { ssh drop lifetime 1 h; }")]
    [InlineData("rule night priority 3 when time 22:00-06:00 { udp dscp ef require label \"site\" = \"home\" else drop; }")]
    public void A_recorded_decision_is_decided_again_to_the_byte(string policies)
    {
        var gen = Gen.Select(Gen.Double[0.001, 0.5].Array[3], Gen.Bool.Array[3], Gen.Int[0, 40]);
        gen.Sample((delays, ups, seconds) =>
        {
            var world = Worlds.Of(policies);
            var first = PathResolution.Decide(world);
            world = world.After(TimeSpan.FromSeconds(seconds), first);
            string[] names = ["wifi", "lte", "sat"];
            for (var i = 0; i < 3; i++)
            {
                world = world.Up(names[i], ups[i]).With(names[i], ("delay", delays[i]), ("bandwidth", delays[i] * 1e8), ("label/site", "home"));
            }
            var decision = PathResolution.Decide(world);
            var (again, digest) = Recording.Read(Recording.Write(world, decision));
            return Recording.Digest(PathResolution.Decide(again)) == digest;
        }, iter: 100);
    }

    [Fact]
    public void A_path_to_a_peer_is_recorded_with_what_it_reaches()
    {
        var reach = FlowSelector.OfPeers([new(IpAddress.Parse("10.1.0.0"), 16), new(IpAddress.Parse("2001:db8:1::"), 48)]);
        var world = Worlds.Of("any prefer lowest cost;", Worlds.Path("wifi"), Worlds.Path("hq1") with { Peer = "hq", Shared = 1, Scope = reach });
        var (again, digest) = Recording.Read(Recording.Write(world, PathResolution.Decide(world)));
        Assert.Equal((world.Paths, digest), (again.Paths, Recording.Digest(PathResolution.Decide(again))));
    }

    [Fact]
    public void A_line_that_is_something_else_is_refused() => Assert.Throws<FormatException>(() => Recording.Read("{}"));
}
