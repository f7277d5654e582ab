using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Daemon;

namespace Waymark.Tests.Peers;

/// <summary>Whoever sets the time of the day, by hours and both ways, changes nothing between peers: words come when they are due, and leases end when they do.</summary>
public sealed class PeerClockTests : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly RuleBytes Rule = PeerTranslation.ToWire(
        new PeerRule("r", 0, [], PolicyLanguage.ParseFlows("udp peer 10.2.0.1", "f", out _)!.Value, Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), [])));

    private readonly SetClock clock = new();
    private readonly PeerNode node;

    public PeerClockTests()
    {
        node = new("""
            listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
            peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16; }
            """, clock);
        node.Loop.PostPaths(new([]));
        node.Start();
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Steps_of_the_clock_neither_silence_nor_end_anything(int seed)
    {
        var random = new Random(seed);
        var end = await FarEnd.ConnectAsync(node, "spoke");
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule], [])));
        node.Say(Policy(0));
        await node.Until(() => end.Updates.Count == 1 && node.Standing.Current is [{ Held.Count: 1 }]);
        await node.Until(() => KeepAlives(end) == 1);
        var since = TimeSpan.Zero;
        for (var i = 1; i <= 40; i++)
        {
            clock.Now += TimeSpan.FromHours(random.Next(-3, 4));
            var step = TimeSpan.FromSeconds(random.Next(1, 9));
            clock.Pass(step);
            since += step;
            // The peer is heard, and this node too: what it asks at once, that it still asks when that is due.
            end.Say(PeerTranslation.KeepAlive(RuleDigest.OfAll([Rule.Digest])));
            var (asked, words) = (end.Updates.Count, KeepAlives(end));
            node.Say(Policy(i));
            await node.Until(() => end.Updates.Count > asked);
            if (since >= Lease / 3)
            {
                await node.Until(() => KeepAlives(end) > words);
                since = TimeSpan.Zero;
            }
            Assert.True(!end.Carried.IsCompleted && node.Standing.Current is [{ IsConnected: true, Held.Count: 1 }], $"step {i}: {end.Link.Why}");
        }
        // What is on the disk is by the time of the day, for the next life.
        await node.Until(() => (node.Store.PeerRules()[0].Until - clock.Now).Duration() <= Lease);
        // And silence ends as ever.
        clock.Now -= TimeSpan.FromHours(5);
        clock.Pass(Lease);
        node.Say("");
        await node.Until(() => node.Standing.Current is [{ IsConnected: false, Held.Count: 0 }]);
        Assert.Equal("it is silent", end.Link.Why);
    }

    private static string Policy(int port) => $"udp local 10.2.0.1 port {1000 + port} at peer spoke drop;";

    private static int KeepAlives(FarEnd end) => end.Heard.Count(one => one.KeepAlive is not null);
}
