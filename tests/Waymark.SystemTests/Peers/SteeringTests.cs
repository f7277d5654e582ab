using System.Diagnostics;
using Waymark.Flows;

namespace Waymark.SystemTests.Peers;

/// <summary>A spoke says by which tunnel its hub sends, and the hub does so, as it is seen on the wire.</summary>
public sealed class SteeringTests : IAsyncLifetime
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private PeerPair pair = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => pair = await PeerPair.StartAsync(Cancel);

    public async ValueTask DisposeAsync() => await pair.DisposeAsync();

    [Fact]
    public void The_hub_sends_by_the_tunnel_that_the_spoke_asks_for()
    {
        pair.StartBoth();
        pair.Apply("spoke", """
            voice: udp local port 5000 at peer hub require label "name" = "spoke2" else drop;
            udp local port 5001 at peer any prefer label "name" = "spoke1";
            udp local port 5002 at peer 10.1.0.1 drop;
            udp local port 5003 by user root at peer hub drop;
            """);
        pair.Until("spoke", "voice: installed");
        foreach (var family in Families)
        {
            Assert.Equal((2, 1, 0), (pair.Tunnel(family), pair.Tunnel(family, 5001), pair.Tunnel(family, 5002)));
        }
        Assert.Contains("at hub: installed", pair.Ask("spoke", "get policies"), StringComparison.Ordinal);
        Assert.Contains(":4: unresolved: a peer cannot tell by which user", pair.Ask("spoke", "get peers"), StringComparison.Ordinal);
        Assert.Contains("1, 1 connected", pair.Ask("hub", "status"), StringComparison.Ordinal);
        Assert.Contains("peer rules", pair.Ask("hub", "audit --requester spoke --outcome accepted"), StringComparison.Ordinal);
        Assert.True(pair.Verify("hub") is var verified && verified.Contains("equal: ", StringComparison.Ordinal), verified);
        pair.Ask("spoke", "withdraw spoke-policy.way");
        Assert.True(PeerPair.Soon(() => !pair.Ask("hub", "get policies").Contains("spoke", StringComparison.Ordinal)), pair.Everything);
    }

    [Fact]
    public void It_moves_when_the_hubs_direction_degrades_though_the_spokes_does_not()
    {
        // Each end measures the way there and back; the hub's own requests are answered late, the spoke's replies are not.
        pair.StartBoth();
        pair.Apply("spoke", "voice: udp local port 5000 at peer hub require rtt.p95 < 10 s, loss < 20 % prefer label \"name\" = \"spoke1\";");
        pair.Until("spoke", "voice: installed");
        Assert.All(Families, family => Assert.Equal(1, pair.Tunnel(family)));
        pair[1] = pair[1] with { Loss = 0.6 };
        Assert.True(PeerPair.Soon(() => Families.All(family => pair.Tunnel(family) == 2)), pair.Everything);
        pair[1] = pair[1] with { Loss = 0 };
        Assert.True(PeerPair.Soon(() => Families.All(family => pair.Tunnel(family) == 1)), pair.Everything);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_moves_when_the_tunnel_fails(bool silent)
    {
        pair.StartBoth();
        pair.Apply("spoke", "voice: udp local port 5000 at peer hub require up prefer label \"name\" = \"spoke1\" else drop;");
        pair.Until("spoke", "voice: installed");
        Assert.All(Families, family => Assert.Equal(1, pair.Tunnel(family)));
        await pair.CutAsync(1, silent, Cancel);
        Assert.True(PeerPair.Soon(() => Families.All(family => pair.Tunnel(family) == 2)), pair.Everything);
        await pair.CutAsync(2, silent, Cancel);
        Assert.True(PeerPair.Soon(() => Families.All(family => pair.Tunnel(family) == 0)), pair.Everything);
        Assert.Equal(0, pair.Seen()[0]);
    }

    [Fact]
    public void A_call_of_the_spoke_is_answered_by_the_tunnel_that_it_asked_for()
    {
        pair.StartBoth();
        // There by one, back by the other.
        pair.Apply("spoke", """
            udp local port 5000 prefer label "name" = "spoke1";
            tcp local port 5000 prefer label "name" = "spoke1";
            answers: udp local port 5000, tcp local port 5001-5009 at peer hub require label "name" = "spoke2";
            """);
        pair.Until("spoke", "answers: installed");
        foreach (var family in Families)
        {
            Assert.Equal(2, pair.Answer(family));
        }
    }

    [Fact]
    public void The_hub_follows_soon_after_the_spoke_has_decided()
    {
        pair.StartBoth();
        pair.Apply("spoke", "voice: udp local port 5000 at peer hub require label \"name\" = \"spoke1\";");
        pair.Until("spoke", "voice: installed");
        var times = new List<TimeSpan>();
        for (var i = 0; i < 10; i++)
        {
            pair.Apply("spoke", $"voice: udp local port 5000 at peer hub require label \"name\" = \"spoke{1 + ((i + 1) % 2)}\";");
            var start = Stopwatch.GetTimestamp();
            Assert.True(PeerPair.Soon(() => pair.Tunnel(IpFamily.V4) == 1 + ((i + 1) % 2)), pair.Everything);
            times.Add(Stopwatch.GetElapsedTime(start));
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", times));
    }
}
