using Microsoft.AspNetCore.Server.Kestrel.Core;
using Waymark.Daemon.Api;
using Waymark.Exchange;
using Waymark.Exchange.Wire;

namespace Waymark.Daemon.Remote;

/// <summary>
/// What those may hold of the daemon who come over the network: strangers as good as nothing, and that for seconds; requesters as much as local users (<see cref="CallerBounds"/>), and they may ask so often.
/// </summary>
internal sealed class RemoteBounds(TimeProvider time)
{
    /// <summary>The most handshakes at a time. Beyond them strangers keep strangers out, but nobody who is in.</summary>
    public const int Handshakes = 64;

    /// <summary>The most handshakes at a time of one source.</summary>
    public const int HandshakesOfSource = 8;

    /// <summary>The most connections whose handshake is done: a thousand requesters and some hundred peers, and room. One that is silent holds some ten kB.</summary>
    public const int Connections = 2048;

    /// <summary>How many calls a requester may make at once, and how many a second from then on: 'top' makes some a second.</summary>
    public const int CallsAtOnce = 100, CallsPerSecond = 20;

    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(5);

    /// <summary>How long the headers of a call may take.</summary>
    public static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(10);

    /// <summary>After what silence somebody is asked whether he is still there, and for how long his answer is waited for.</summary>
    public static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30), PingTime = TimeSpan.FromSeconds(15);

    private readonly Lock gate = new();
    private readonly HashSet<RemotePeer> handshaking = [], established = [];
    private readonly Dictionary<string, TokenBucket> rates = [];

    /// <summary>Those whose handshake is done.</summary>
    public IReadOnlyList<RemotePeer> Established
    {
        get
        {
            lock (gate)
            {
                return [.. established];
            }
        }
    }

    /// <summary>Bounds a server.</summary>
    public static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = Handshakes + Connections;
        limits.MaxRequestBodySize = WireLimits.MessageBytes;
        limits.MaxRequestHeadersTotalSize = 8 << 10;
        limits.MaxRequestHeaderCount = 32;
        limits.RequestHeadersTimeout = HeadersTime;
        limits.Http2.MaxStreamsPerConnection = CallerBounds.Calls;
        limits.Http2.MaxRequestHeaderFieldSize = 4 << 10;
        (limits.Http2.KeepAlivePingDelay, limits.Http2.KeepAlivePingTimeout) = (PingAfter, PingTime);
    }

    /// <summary>Whether another handshake may begin; if so it is counted until <see cref="Leave"/>.</summary>
    public bool TryEnter(RemotePeer peer)
    {
        lock (gate)
        {
            var source = peer.Source;
            return handshaking.Count < Handshakes && handshaking.Count(one => one.Source.Equals(source)) < HandshakesOfSource && handshaking.Add(peer);
        }
    }

    /// <summary>Whether somebody whose handshake is done may stay: the holder of a key may hold as many connections as a local user.</summary>
    public bool TryEstablish(RemotePeer peer)
    {
        lock (gate)
        {
            handshaking.Remove(peer);
            return established.Count < Connections && established.Count(one => one.Holder == peer.Holder) < CallerBounds.Connections && established.Add(peer);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void Leave(RemotePeer peer)
    {
        lock (gate)
        {
            handshaking.Remove(peer);
            established.Remove(peer);
        }
    }

    /// <summary>Whether a requester may make another call now.</summary>
    public bool TryCall(string requester)
    {
        lock (gate)
        {
            if (!rates.TryGetValue(requester, out var rate))
            {
                // Requesters are named by the node file: there are not many.
                rates.Add(requester, rate = new(CallsAtOnce, CallsPerSecond, time));
            }
            return rate.TryTake();
        }
    }
}
