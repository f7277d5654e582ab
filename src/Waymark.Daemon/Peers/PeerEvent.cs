using Waymark.Nodes;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>Something that <see cref="PeerService"/> has to look at.</summary>
internal abstract record PeerEvent
{
    private PeerEvent()
    {
    }

    /// <summary>A decision was taken, or the node file is another.</summary>
    public sealed record Nudge : PeerEvent
    {
        public static Nudge One { get; } = new();
    }

    /// <summary>There is a connection.</summary>
    public sealed record Opened(PeerLink Link) : PeerEvent;

    /// <summary>The peer says something over it.</summary>
    public sealed record Heard(PeerLink Link, V1.PeerMessage Message) : PeerEvent
    {
        /// <summary>Comes to its end when it was taken, whatever came of it.</summary>
        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>It is gone.</summary>
    public sealed record Ended(PeerLink Link) : PeerEvent;

    /// <summary>A call came to nothing.</summary>
    public sealed record Unreached(PeerDeclaration Peer, string Why) : PeerEvent;
}
