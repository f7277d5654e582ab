using System.Diagnostics;
using Waymark.Flows;

namespace Waymark.SystemTests.Peers;

/// <summary>Nodes that die and a network that is cut: both ends come to the same rules, and nothing stays longer than its lease.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private const string Voice = "voice: udp local port 5000 at peer hub require label \"name\" = \"spoke2\" else drop;";

    private PeerPair pair = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        pair = await PeerPair.StartAsync(Cancel);
        pair.Declare("hub", "lease 6 s;");
        pair.Declare("spoke", "lease 6 s;");
    }

    public async ValueTask DisposeAsync() => await pair.DisposeAsync();

    [Fact]
    public void A_spoke_that_is_killed_is_obeyed_for_its_lease_and_again_when_it_is_back()
    {
        pair.StartBoth();
        pair.Apply("spoke", Voice);
        pair.Until("spoke", "voice: installed");
        pair.Kill("spoke");
        var start = Stopwatch.GetTimestamp();
        Assert.True(HubObeys());
        Assert.True(PeerPair.Soon(() => !HubObeys()), pair.Everything);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
        Assert.Contains("silent for its lease", pair.Ask("hub", "audit --outcome expired"), StringComparison.Ordinal);
        pair.Start("spoke");
        pair.Until("spoke", "voice: installed");
        Assert.Equal((2, 2), (pair.Tunnel(IpFamily.V4), pair.Tunnel(IpFamily.V6)));
    }

    [Fact]
    public void A_hub_that_is_killed_comes_back_with_what_it_was_asked_for_as_long_as_that_lives()
    {
        pair.Declare("hub", "lease 1 h;");
        pair.StartBoth();
        pair.Apply("spoke", Voice);
        pair.Until("spoke", "voice: installed");
        pair.Kill("hub");
        // The kernel goes on, and the next life takes over before anybody has called.
        Assert.Equal(2, pair.Tunnel(IpFamily.V4));
        pair.Kill("spoke");
        pair.Start("hub");
        Assert.True(HubObeys());
        Assert.Equal(2, pair.Tunnel(IpFamily.V6));
        // Behind the lease it does not.
        pair.Kill("hub");
        pair.Declare("hub", "lease 1 s;");
        pair.Start("hub");
        Assert.True(PeerPair.Soon(() => !HubObeys()), pair.Everything);
    }

    [Fact]
    public void Both_agree_again_after_a_partition_in_which_both_have_changed()
    {
        pair.StartBoth();
        pair.Apply("spoke", Voice);
        pair.Until("spoke", "voice: installed");
        pair.Ip("hub", "link set u0 down");
        Assert.True(PeerPair.Soon(() => !HubObeys()), pair.Everything);
        Assert.True(PeerPair.Soon(() => pair.Ask("spoke", "get peers").Contains("voice: expired", StringComparison.Ordinal)), pair.Everything);
        pair.Apply("spoke", "voice: udp local port 5000 at peer hub require label \"name\" = \"spoke1\" else drop;");
        pair.Kill("hub");
        pair.Ip("hub", "link set u0 up");
        pair.Ip("hub", "addr replace 2001:db8:9::1/64 dev u0 nodad");
        pair.Ip("hub", "route replace default via 192.0.2.2");
        pair.Ip("hub", "-6 route replace default via 2001:db8:9::2");
        pair.Start("hub");
        pair.Until("spoke", "voice: installed");
        Assert.Equal((1, 1), (pair.Tunnel(IpFamily.V4), pair.Tunnel(IpFamily.V6)));
    }

    private bool HubObeys() => pair.Ask("hub", "get policies").Contains("port 5000", StringComparison.Ordinal);
}
