using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Daemon;

/// <summary>The built programs: what another program says of paths steers flows.</summary>
public sealed class OutsideTests : IDisposable
{
    private readonly World world = new();
    private readonly DaemonProcess daemon;

    public OutsideTests()
    {
        daemon = new(world);
        daemon.Write("node.way", """
            path one { interface w1; cost 1 /GB; }
            path two { interface w2; }
            path modem { interface wwan0; }
            probe default { none; }
            requester guest { user nobody; rank 5; may set lte.rsrp of two; }
            """);
        daemon.Write("policy.d/site.way", "udp require lte.rsrp > -100 dBm prefer highest lte.rsrp else drop;");
        daemon.StartUp();
    }

    public void Dispose()
    {
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void What_is_said_steers_flows_is_shown_with_its_source_and_survives_a_kill()
    {
        Assert.Contains("-> drop", Explain(), StringComparison.Ordinal);
        Assert.Equal("one: lte.rsrp -97 (revision", daemon.Ask("characteristic set one lte.rsrp -97 for 1 h").Replace(" for 1 h", "", StringComparison.Ordinal)[..27]);
        Assert.Contains("-> one", Explain(), StringComparison.Ordinal);
        Assert.Matches("lte.rsrp -97 \\(root, .* ago, 1 sample\\)", Explain());
        Assert.Contains("\"source\": \"root\"", daemon.Ask("get paths -o json"), StringComparison.Ordinal);
        Assert.Matches("  lte.rsrp +-97 +- +root .* 1\n", daemon.Ask("get paths -o wide"));
        Assert.Contains("the node file says otherwise", daemon.Ask("characteristic set one cost 9 /GB"), StringComparison.Ordinal);
        Assert.Contains("the path is away", daemon.Ask("characteristic set modem lte.rsrp -60"), StringComparison.Ordinal);
        daemon.Stop("KILL");
        daemon.StartUp();
        Assert.Contains("-> one", Explain(), StringComparison.Ordinal);
        Assert.Matches("one +lte.rsrp +-97 +root .* (60|59) min +in force", daemon.Ask("get characteristics"));
        daemon.Ask("characteristic clear one lte.rsrp");
        Assert.Contains("-> drop", Explain(), StringComparison.Ordinal);
        Assert.Contains("root says lte.rsrp -97 of one", daemon.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_for_a_time_ends_by_itself()
    {
        daemon.Ask("characteristic set two lte.rsrp -80 for 1500 ms");
        Assert.Contains("-> two", Explain(), StringComparison.Ordinal);
        Assert.True(DaemonProcess.Eventually(() => Explain().Contains("-> drop", StringComparison.Ordinal)), "it ends by itself");
        Assert.Contains("its time is over", daemon.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_watches_paths_sees_each_value_that_changes_and_nothing_else()
    {
        Shell.Run($"ip netns exec {world.NodeName} timeout 60 {DaemonProcess.Program("waymark")} --socket {daemon.In("sock")} watch paths > {daemon.In("watched")} & echo $! > {daemon.In("watcher")}");
        string Watched() => System.IO.File.ReadAllText(daemon.In("watched"));
        var tries = 0;
        Assert.True(DaemonProcess.Eventually(() =>
        {
            // From some moment on it watches.
            daemon.Ask($"characteristic set one lte.rsrp -{++tries % 80 + 20}");
            return Watched().Contains("lte.rsrp", StringComparison.Ordinal);
        }), "it watches");
        daemon.Ask("characteristic set two metered yes");
        Assert.True(DaemonProcess.Eventually(() => System.Text.RegularExpressions.Regex.IsMatch(Watched(), "two +metered +unknown +-> yes +\\(root\\)")), Watched());
        Assert.DoesNotContain("decision", Watched(), StringComparison.Ordinal);
        Shell.Run($"kill $(cat {daemon.In("watcher")})");
    }

    [Fact]
    public void A_requester_says_what_the_node_file_lets_it_say_and_mistakes_are_named_with_their_mend()
    {
        Shell.Run($"chmod -R a+rX {System.IO.Path.GetDirectoryName(daemon.In("x"))}");
        string Guest(string arguments) => Shell.Try($"ip netns exec {world.NodeName} setpriv --reuid 65534 --regid 65534 --clear-groups {DaemonProcess.Program("waymark")} --socket {daemon.In("sock")} {arguments}").Text;
        Assert.Contains("two: lte.rsrp -70 (revision", Guest("characteristic set two lte.rsrp -70"), StringComparison.Ordinal);
        Assert.Contains("-> two", Explain(), StringComparison.Ordinal);
        Assert.Contains("may set lte.rsrp of one", Guest("characteristic set one lte.rsrp -70"), StringComparison.Ordinal);
        Assert.Contains("may not clear what 'root' says", Guest("characteristic clear two lte.rsrp --requester root"), StringComparison.Ordinal);
        daemon.Ask("characteristic clear two lte.rsrp --requester guest");
        Assert.Contains("-> drop", Explain(), StringComparison.Ordinal);
        var (code, text) = daemon.TryAsk("characteristic set two bandwidth 20 MB");
        Assert.Equal(2, code);
        Assert.Contains("error WAY1007: 'MB' is a unit of an amount of data, and the value of 'bandwidth' is a bit rate", text, StringComparison.Ordinal);
        (code, text) = daemon.TryAsk("characteristic set three a.b 1");
        Assert.Equal(1, code);
        Assert.StartsWith("waymark: no path is called 'three'; there are modem, one, two", text, StringComparison.Ordinal);
    }

    private string Explain() => daemon.Ask("explain udp peer 203.0.113.7 port 9");
}
