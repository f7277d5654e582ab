using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Grpc.Core;
using Waymark.Exchange;
using Waymark.Exchange.Certificates;
using Waymark.Nodes;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>
/// One connection to a peer, whoever opened it: reads its messages, no faster than they are taken and not more often than anybody needs to speak, and writes ours. Ends with the first thing that goes wrong; what was to be
/// said is then said anew over the next.
/// </summary>
/// <param name="declaration">What the node file said of the peer when it was opened.</param>
/// <param name="isOurs">Whether this node opened it.</param>
/// <param name="certificate">What the peer showed, which counted.</param>
/// <param name="endpoint">Where it is, for people.</param>
/// <param name="pace">How often the peer may speak.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerLink(PeerDeclaration declaration, bool isOurs, X509Certificate2 certificate, string endpoint, PeerPace pace, TimeProvider time) : IDisposable
{
    /// <summary>How many messages wait to be written: a peer that does not read is as good as gone.</summary>
    private const int MostWaiting = 256;

    private readonly Channel<V1.PeerMessage> waiting = Channel.CreateBounded<V1.PeerMessage>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource ended = new();
    /// <summary>Of each connection: it begins with one, also where the one before has just broken.</summary>
    private readonly TokenBucket inventories = new(2, 1, time);
    private string why = "";

    /// <summary>What the node file said of the peer when it was opened: as whom it was admitted.</summary>
    public PeerDeclaration Declaration => declaration;

    /// <summary>What the node file calls the peer.</summary>
    public string Peer => declaration.Name;

    /// <summary>Whether this node opened it.</summary>
    public bool IsOurs => isOurs;

    /// <summary>What the peer showed.</summary>
    public X509Certificate2 Certificate => certificate;

    /// <summary>Where the peer is.</summary>
    public string Endpoint => endpoint;

    /// <summary>Whose key the peer has: of two connections it says which one stays.</summary>
    public string Holder { get; } = HolderOf(certificate);

    /// <summary>The addresses that its certificate bears.</summary>
    public EquatableArray<Flows.IpAddress> Certified { get; } = CertificateName.Of(certificate).Where(name => name.Form == CertificateNameForm.Address).Select(name => Flows.IpAddress.Parse(name.Text)).ToEquatableArray();

    /// <summary>Why it has ended; empty: it has not, or the peer hung up.</summary>
    public string Why => why;

    /// <summary>Whose key a certificate is of.</summary>
    public static string HolderOf(X509Certificate2 certificate) => Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Has a message written, after those before it.</summary>
    public void Send(V1.PeerMessage message)
    {
        if (!waiting.Writer.TryWrite(message))
        {
            End("it does not read what it is told");
        }
    }

    /// <summary>Ends it; the first reason counts.</summary>
    public void End(string reason)
    {
        Interlocked.CompareExchange(ref why, reason, "");
        waiting.Writer.TryComplete();
        ended.Cancel();
    }

    /// <summary>Runs until it ends, for whatever reason. Throws nothing but what is a mistake of ours.</summary>
    /// <param name="reader">Reads the peer's messages.</param>
    /// <param name="write">Writes one of ours.</param>
    /// <param name="heard">Takes a message; the next is read when it returns.</param>
    /// <param name="describe">Says what went wrong.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        IAsyncStreamReader<V1.PeerMessage> reader, Func<V1.PeerMessage, CancellationToken, Task> write, Func<V1.PeerMessage, CancellationToken, Task> heard, Func<RpcException, string> describe, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended.Token);
        try
        {
            await await Task.WhenAny(ReadAsync(reader, heard, either.Token), WriteAsync(write, either.Token));
        }
        catch (RpcException failed)
        {
            // The connection is gone, or the peer wants no more of it.
            End(describe(failed));
        }
        catch (Exception gone) when (gone is OperationCanceledException or System.IO.IOException or InvalidOperationException)
        {
            // Ended by us, or by whoever is on the other side, in the middle of a message.
        }
        End("");
    }

    public void Dispose()
    {
        ended.Dispose();
        certificate.Dispose();
    }

    private async Task ReadAsync(IAsyncStreamReader<V1.PeerMessage> reader, Func<V1.PeerMessage, CancellationToken, Task> heard, CancellationToken cancellationToken)
    {
        while (await reader.MoveNext(cancellationToken))
        {
            var kind = reader.Current.KindCase;
            if (!pace.TryTake(kind) || (kind == V1.PeerMessage.KindOneofCase.Inventory && !inventories.TryTake()))
            {
                End($"it sends more messages than anybody needs: at most {PeerPace.MessagesPerSecond} a second are taken, and {PeerPace.UpdatesPerSecond} that change what it asks for");
                return;
            }
            await heard(reader.Current, cancellationToken);
        }
    }

    private async Task WriteAsync(Func<V1.PeerMessage, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        await foreach (var message in waiting.Reader.ReadAllAsync(cancellationToken))
        {
            await write(message, cancellationToken);
        }
    }
}
