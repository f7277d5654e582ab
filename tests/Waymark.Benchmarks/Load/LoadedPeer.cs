using System.Globalization;
using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Benchmarks.Load;

/// <summary>A peer with one connection that asks for some rules, and for another one in place of its oldest when it is told to.</summary>
internal sealed class LoadedPeer : IDisposable
{
    /// <summary>How many rules it asks for.</summary>
    public const int Rules = 5;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromSeconds(5);

    private readonly int number;
    private readonly PeerCall call;
    private readonly AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> exchange;
    private readonly CancellationTokenSource end = new();
    private readonly Lock gate = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly Dictionary<RuleDigest, TaskCompletionSource> awaited = [];
    private readonly Queue<RuleBytes> asked = new();
    private readonly Task reading, living;
    private int made;

    private LoadedPeer(LoadParties parties, int number)
    {
        this.number = number;
        call = parties.Call(number);
        exchange = call.Exchange(end.Token);
        reading = ReadAsync();
        living = LiveAsync();
    }

    /// <summary>Connects, asks for its first rules and waits until they are installed.</summary>
    public static async Task<LoadedPeer> BeginAsync(LoadParties parties, int number)
    {
        var peer = new LoadedPeer(parties, number);
        await peer.WriteAsync(PeerTranslation.Hello($"p{number}", Lease, []));
        await peer.AskAsync(Rules, 0);
        return peer;
    }

    /// <summary>Asks for another rule in place of the oldest, and waits until it is installed.</summary>
    public Task ChangeAsync() => AskAsync(1, 1);

    /// <summary>Ends the connection; throws what went wrong on it.</summary>
    public async Task EndAsync()
    {
        await end.CancelAsync();
        await reading;
        await living;
    }

    public void Dispose()
    {
        exchange.Dispose();
        call.Dispose();
        end.Dispose();
        writing.Dispose();
    }

    private async Task AskAsync(int put, int removed)
    {
        RuleUpdate update;
        Task[] installed;
        lock (gate)
        {
            RuleDigest[] old = [.. Enumerable.Range(0, removed).Select(_ => asked.Dequeue().Digest)];
            RuleBytes[] fresh = [.. Enumerable.Range(0, put).Select(_ => Next())];
            installed = [.. fresh.Select(rule => (awaited[rule.Digest] = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task)];
            Array.ForEach(fresh, asked.Enqueue);
            update = new([.. fresh], [.. old]);
        }
        await WriteAsync(PeerTranslation.ToWire(update));
        await Task.WhenAll(installed);
    }

    private RuleBytes Next()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"udp peer 12.0.{number}.{made % 250} port {7000 + (made % 1000)} prefer lowest cost;");
        var policy = (Policy)PolicyLanguage.Parse(text, "rule").Set!.Statements[0];
        return PeerTranslation.ToWire(new PeerRule($"rule{made++}", 0, [], policy.Flows, Established.Keep, new PeerWish.Own(policy.Action, [])));
    }

    private async Task WriteAsync(V1.PeerMessage message)
    {
        await writing.WaitAsync();
        try
        {
            await exchange.RequestStream.WriteAsync(message);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await exchange.ResponseStream.MoveNext(end.Token))
            {
                if (exchange.ResponseStream.Current is { KindCase: V1.PeerMessage.KindOneofCase.Reports } message)
                {
                    lock (gate)
                    {
                        foreach (var report in PeerTranslation.ToCore(message.Reports))
                        {
                            Take(report);
                        }
                    }
                }
            }
            throw new InvalidOperationException($"The node has hung up on p{number}.");
        }
        catch (RpcException) when (end.IsCancellationRequested)
        {
            // We have.
        }
        catch (Exception failed)
        {
            lock (gate)
            {
                foreach (var one in awaited.Values)
                {
                    one.TrySetException(failed);
                }
            }
            throw;
        }
    }

    private void Take(RuleReport report)
    {
        if (report.State == RuleState.Rejected)
        {
            throw new InvalidOperationException($"A rule of p{number} was rejected: {report.Detail}");
        }
        if (report.State == RuleState.Installed && awaited.Remove(report.Rule, out var one))
        {
            one.SetResult();
        }
    }

    private async Task LiveAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Pause, end.Token);
                RuleDigest digest;
                lock (gate)
                {
                    digest = RuleDigest.OfAll(asked.Select(one => one.Digest));
                }
                await WriteAsync(PeerTranslation.KeepAlive(digest));
            }
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }
        catch (RpcException) when (end.IsCancellationRequested)
        {
            // Ended while it wrote.
        }
    }
}
