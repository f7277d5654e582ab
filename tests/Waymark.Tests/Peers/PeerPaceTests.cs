using Waymark.Daemon.Peers;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Tests.Daemon;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Peers;

/// <summary>How much of a peer is listened to.</summary>
public sealed class PeerPaceTests : IAsyncDisposable
{
    private readonly SetClock clock = new();
    private readonly PeerNode node;

    public PeerPaceTests() => node = new("""
        listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
        peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16; }
        peer other { certificate "other.example.net"; prefix 10.4.0.0/16; }
        """, clock);

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [InlineData(V1.PeerMessage.KindOneofCase.KeepAlive, PeerPace.MessagesAtOnce, PeerPace.MessagesPerSecond)]
    [InlineData(V1.PeerMessage.KindOneofCase.Update, PeerPace.UpdatesAtOnce, PeerPace.UpdatesPerSecond)]
    public async Task Who_connects_again_may_not_say_more(V1.PeerMessage.KindOneofCase kind, int atOnce, int perSecond)
    {
        node.Start();
        // Some are said over one connection, the rest over the next.
        var first = await FarEnd.ConnectAsync(node, "spoke");
        var (rest, greetings) = (atOnce - 1, kind == V1.PeerMessage.KindOneofCase.KeepAlive ? 2 : 0);
        Say(first, 1);
        await first.HangUpAsync();
        var second = await FarEnd.ConnectAsync(node, "spoke");
        Say(second, rest - (2 * greetings));
        await node.Until(() => second.Unread == 0);
        Assert.False(second.Carried.IsCompleted);
        Say(second, 1);
        await second.Carried;
        Assert.StartsWith("it sends more messages than anybody needs", second.Link.Why, StringComparison.Ordinal);
        // Others are heard, and it is too when time has passed.
        var other = await FarEnd.ConnectAsync(node, "other");
        clock.Pass(TimeSpan.FromSeconds(1));
        var third = await FarEnd.ConnectAsync(node, "spoke");
        Say(third, perSecond - greetings);
        await node.Until(() => third.Unread == 0);
        Assert.False(third.Carried.IsCompleted || other.Carried.IsCompleted);

        void Say(FarEnd end, int times)
        {
            for (var i = 0; i < times; i++)
            {
                end.Say(kind == V1.PeerMessage.KindOneofCase.Update ? PeerTranslation.ToWire(new RuleUpdate([], [])) : PeerTranslation.KeepAlive(RuleDigest.OfAll([])));
            }
        }
    }

    [Fact]
    public async Task The_next_message_is_not_read_before_the_last_was_taken()
    {
        // Nobody takes anything yet.
        var end = new FarEnd(node, node.Declared("spoke"));
        for (var i = 0; i < 10; i++)
        {
            end.Say(PeerTranslation.KeepAlive(default));
        }
        await node.Until(() => end.Unread < 10);
        // If it were read, then within this time.
        await Task.Delay(TimeSpan.FromMilliseconds(100), node.Stop);
        Assert.Equal(9, end.Unread);
        node.Start();
        await end.Carried;
        Assert.Equal("it does not say who it is first", end.Link.Why);
    }
}
