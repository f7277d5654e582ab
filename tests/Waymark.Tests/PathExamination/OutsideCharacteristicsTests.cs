using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.PathExamination;

/// <summary>Whose word counts where several speak of a path.</summary>
public sealed class OutsideCharacteristicsTests
{
    private static readonly DateTimeOffset Now = Worlds.Start;

    private static readonly NodeFile Node = NodeLanguage.Parse("""
        requester boss { user boss; rank 1; may any; }
        requester modemd { user modemd; rank 20; may set lte.rsrp, signal of lte; }
        requester orbit { user orbit; rank 10; may set signal, cost, quota, metered, medium; }
        """, "node.way").File!;

    private static readonly PathSet Paths = new([Worlds.Path("wifi"), Worlds.Path("lte"), Worlds.Path("vpn") with { Over = [Worlds.Id("lte"), Worlds.Id("wifi")] }]);

    [Fact]
    public void Nothing_said_leaves_what_was_measured_the_very_same()
    {
        var measured = Measured("lte", ("delay", 0.05, "icmp"));
        Assert.Same(measured, OutsideCharacteristics.Join(measured, Paths, [], Node, Now));
        Assert.Same(measured, OutsideCharacteristics.Join(measured, Paths, [Said("gone", "lte.rsrp", "boss", -97)], Node, Now));
    }

    [Fact]
    public void The_node_file_goes_before_other_programs_and_they_before_what_was_measured()
    {
        var measured = Measured("lte", ("bandwidth", 5e6, "link"), ("cost", 4, "node file"), ("delay", 0.05, "icmp"));
        Assert.Equal(
            "bandwidth 20000000 boss, cost 4 node file, delay 0.05 icmp",
            Known("lte", measured, Said("lte", "bandwidth", "boss", 20e6), Said("lte", "cost", "boss", 1)));
    }

    [Fact]
    public void What_is_said_of_a_path_of_which_nothing_was_measured_is_known() => Assert.Equal("lte.rsrp -97 modemd", Known("lte", CharacteristicsSet.Empty, Said("lte", "lte.rsrp", "modemd", -97)));

    [Fact]
    public void The_requester_of_the_lowest_rank_counts_while_it_says_something()
    {
        var orbit = Said("lte", "signal", "orbit", -60) with { Until = Now.AddSeconds(30) };
        OutsideValue[] said = [Said("lte", "signal", "modemd", -80), orbit];
        Assert.Equal("signal -60 orbit", Known("lte", CharacteristicsSet.Empty, said));
        Assert.Equal("signal -80 modemd", Known("lte", CharacteristicsSet.Empty, Now.AddSeconds(30), said));
    }

    [Theory]
    [InlineData("wifi", "signal", "modemd")]
    [InlineData("lte", "quota", "modemd")]
    [InlineData("lte", "signal", "nobody")]
    public void Who_may_not_say_it_says_nothing(string path, string name, string requester) => Assert.Equal("", Known(path, CharacteristicsSet.Empty, Said(path, name, requester, 1)));

    [Fact]
    public void A_price_or_a_limit_makes_a_path_metered_unless_it_is_said_not_to_be()
    {
        Assert.Equal("metered yes orbit, quota 1000 orbit", Known("lte", CharacteristicsSet.Empty, Said("lte", "quota", "orbit", 1000)));
        Assert.Equal("cost 0 orbit", Known("lte", CharacteristicsSet.Empty, Said("lte", "cost", "orbit", 0)));
        Assert.Equal("metered no orbit, quota 1000 orbit", Known("lte", CharacteristicsSet.Empty, Said("lte", "quota", "orbit", 1000), Said("lte", "metered", "orbit", 0) with { Value = CharacteristicValue.Of(false) }));
    }

    [Fact]
    public void A_tunnel_is_paid_where_it_is_carried()
    {
        OutsideValue[] said = [Said("lte", "cost", "orbit", 4), Said("wifi", "cost", "orbit", 1), Said("wifi", "quota", "orbit", 7), Said("lte", "signal", "orbit", -60)];
        Assert.Equal("cost 4 orbit, metered yes orbit, quota 7 orbit", Known("vpn", CharacteristicsSet.Empty, said));
        Assert.Equal("cost 2 boss, metered yes boss, quota 7 orbit", Known("vpn", CharacteristicsSet.Empty, [.. said, Said("vpn", "cost", "boss", 2)]));
    }

    [Fact]
    public void Each_value_is_told_what_became_of_it()
    {
        OutsideValue[] said =
        [
            Said("lte", "signal", "orbit", -60), Said("lte", "signal", "modemd", -80), Said("lte", "cost", "orbit", 1), Said("usb", "signal", "orbit", -70), Said("wifi", "lte.rsrp", "modemd", -97),
        ];
        var measured = Measured("lte", ("cost", 4, "node file"));
        var known = OutsideCharacteristics.Join(measured, Paths, said.ToEquatableArray(), Node, Now);
        Assert.Equal(
            [OutsideStanding.InForce, OutsideStanding.Overruled, OutsideStanding.Configured, OutsideStanding.PathAway, OutsideStanding.Forbidden],
            OutsideCharacteristics.Standings(said.ToEquatableArray(), known, Paths, Node, Now).Select(one => one.Standing));
    }

    [Fact]
    public void A_recorded_world_holds_what_was_said()
    {
        var world = Worlds.Of("any prefer highest lte.rsrp;");
        world = world with { Characteristics = OutsideCharacteristics.Join(world.Characteristics, world.Paths, [Said("lte", "lte.rsrp", "boss", -97)], Node, Now) };
        var decision = PathResolution.Decide(world);
        Assert.Equal("lte", decision.Outcome());
        var (again, digest) = Recording.Read(Recording.Write(world, decision));
        Assert.Equal(world.Characteristics, again.Characteristics);
        Assert.Equal(digest, Recording.Digest(PathResolution.Decide(again)));
    }

    private static OutsideValue Said(string path, string name, string requester, double value) => new(path, name, requester, CharacteristicValue.Of(value), Now, null);

    private static CharacteristicsSet Measured(string path, params (string Name, double Value, string Source)[] values) =>
        new([PathCharacteristics.Of(Worlds.Id(path), values.Select(one => KeyValuePair.Create(one.Name, new Measured(CharacteristicValue.Of(one.Value), Now, 5, one.Source))))]);

    private static string Known(string path, CharacteristicsSet measured, params OutsideValue[] said) => Known(path, measured, Now, said);

    private static string Known(string path, CharacteristicsSet measured, DateTimeOffset now, params OutsideValue[] said) =>
        string.Join(", ", OutsideCharacteristics.Join(measured, Paths, said.ToEquatableArray(), Node, now).Of(Worlds.Id(path)).Values.Select(one => $"{one.Key} {one.Value.Value} {one.Value.Source}"));
}
