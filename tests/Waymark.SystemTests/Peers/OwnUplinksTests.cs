using Waymark.Flows;

namespace Waymark.SystemTests.Peers;

/// <summary>Where nothing is shared, a client makes a server with two uplinks answer over the one that it asks for.</summary>
public sealed class OwnUplinksTests : IAsyncLifetime
{
    private PeerPair pair = null!;

    public async ValueTask InitializeAsync()
    {
        pair = await PeerPair.StartAsync(TestContext.Current.CancellationToken);
        pair.Declare("hub", hasTunnels: false);
        pair.Declare("spoke", hasTunnels: false);
    }

    public async ValueTask DisposeAsync() => await pair.DisposeAsync();

    [Theory]
    [InlineData("hub1", 1)]
    [InlineData("hub2", 2)]
    public void The_server_answers_over_the_uplink_that_the_client_asks_for(string uplink, int expected)
    {
        pair.StartBoth();
        // There by the system's own route.
        pair.Apply("spoke", $"answers: udp local port 5000 at peer hub require label \"name\" = \"{uplink}\" else drop;");
        pair.Until("spoke", "answers: installed");
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            Assert.Equal(expected, pair.Answer(family));
        }
    }

    [Fact]
    public void A_wish_that_cannot_be_met_is_reported_with_its_reason()
    {
        pair.StartBoth();
        pair.Apply("spoke", "fast: udp local port 5000 at peer hub require bandwidth > 1 Gbit/s;");
        pair.Until("spoke", "fast: unresolved: no path satisfies");
        pair.Apply("hub", "udp port 5000 prefer lowest cost;");
        pair.Until("spoke", "fast: superseded: 'root' goes first");
    }
}
