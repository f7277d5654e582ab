using System.Security.Cryptography;
using System.Threading.Channels;
using Grpc.Core;
using Waymark.Daemon.Peers;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Peers;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Peers;

/// <summary>A peer that has called a <see cref="PeerNode"/>: the test says what it says, and sees what it hears.</summary>
internal sealed class FarEnd : IAsyncStreamReader<V1.PeerMessage>
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly Channel<V1.PeerMessage> said = Channel.CreateUnbounded<V1.PeerMessage>();
    private readonly List<V1.PeerMessage> heard = [];

    /// <summary>Calls; it is silent yet.</summary>
    public FarEnd(PeerNode node, PeerDeclaration peer)
    {
        Node = node;
        Link = node.Service.Link(peer, isOurs: false, TestAuthority.Issue(peer.Certificate, Key), "192.0.2.1:7443");
        Carried = Task.Run(() => node.Service.CarryAsync(Link, () => Link.RunAsync(this, WriteAsync, (message, token) => node.Service.HearAsync(Link, message, token), failed => failed.Status.Detail, node.Stop)));
    }

    /// <summary>Calls, says who it is and what it holds, and what it measured.</summary>
    public static async Task<FarEnd> ConnectAsync(PeerNode node, string peer, IEnumerable<RuleDigest>? holds = null, TimeSpan? lease = null)
    {
        var end = new FarEnd(node, node.Declared(peer));
        end.Say(PeerTranslation.Hello("far", lease ?? TimeSpan.FromSeconds(30), [new IpPrefix(IpAddress.Parse("10.2.0.0"), 16)]));
        end.Say(PeerTranslation.Inventory(holds ?? []));
        await node.Until(() => end.Heard.Any(one => one.KindCase == V1.PeerMessage.KindOneofCase.Inventory));
        return end;
    }

    /// <summary>Whom it has called.</summary>
    public PeerNode Node { get; }

    /// <summary>The node's end of the connection.</summary>
    public PeerLink Link { get; }

    /// <summary>Ends with the connection.</summary>
    public Task Carried { get; }

    /// <summary>What it has read, oldest first.</summary>
    public IReadOnlyList<V1.PeerMessage> Heard
    {
        get
        {
            lock (heard)
            {
                return [.. heard];
            }
        }
    }

    /// <summary>The updates among it.</summary>
    public IReadOnlyList<V1.Update> Updates => [.. Heard.Select(one => one.Update).OfType<V1.Update>()];

    /// <summary>How much it has said that the node has not read yet.</summary>
    public int Unread => said.Reader.Count;

    /// <summary>What reading throws next; null: nothing.</summary>
    public Exception? Broken { get; set; }

    V1.PeerMessage IAsyncStreamReader<V1.PeerMessage>.Current => current!;

    private V1.PeerMessage? current;

    public void Say(V1.PeerMessage message) => said.Writer.TryWrite(message);

    /// <summary>Hangs up.</summary>
    public async Task HangUpAsync()
    {
        said.Writer.Complete();
        await Carried;
    }

    async Task<bool> IAsyncStreamReader<V1.PeerMessage>.MoveNext(CancellationToken cancellationToken)
    {
        while (await said.Reader.WaitToReadAsync(cancellationToken))
        {
            if (Broken is { } broken)
            {
                throw broken;
            }
            if (said.Reader.TryRead(out current))
            {
                return true;
            }
        }
        return false;
    }

    private Task WriteAsync(V1.PeerMessage message, CancellationToken cancellationToken)
    {
        lock (heard)
        {
            heard.Add(message);
        }
        return Task.CompletedTask;
    }
}
