using Waymark.Exchange;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>How often a peer may speak: not more than anybody needs to. One for each peer, over however many connections.</summary>
/// <param name="time">The clock.</param>
internal sealed class PeerPace(TimeProvider time)
{
    /// <summary>How many messages a peer may send at once, and how many a second from then on.</summary>
    public const int MessagesAtOnce = 200, MessagesPerSecond = 50;

    /// <summary>How many of them may change what is asked for: each is written to the disk and decided on.</summary>
    public const int UpdatesAtOnce = 40, UpdatesPerSecond = 10;

    private readonly TokenBucket messages = new(MessagesAtOnce, MessagesPerSecond, time), updates = new(UpdatesAtOnce, UpdatesPerSecond, time);

    /// <summary>Whether it may send such a message now; if so it is counted.</summary>
    public bool TryTake(V1.PeerMessage.KindOneofCase kind) => messages.TryTake() && (kind != V1.PeerMessage.KindOneofCase.Update || updates.TryTake());
}
