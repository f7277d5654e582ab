using System.IO;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Waymark.Cli;
using Waymark.Daemon.Activities;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Tests.Daemon;
using Waymark.Tests.Daemon.Api;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Cli;

/// <summary>Ctrl-C takes back what <c>apply --while-connected</c> holds, whatever the command just waits for.</summary>
public sealed class HeldSetTests : IAsyncLifetime
{
    private readonly V1.HoldRequest request = new()
    {
        Name = "a",
        PolicySet = PolicySetTranslation.ToWire(BookRun.Set("udp drop;")),
        Grace = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)),
        Lease = NodeClient.NewId(),
    };

    private ApiRun run = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => run = await ApiRun.StartAsync();

    public ValueTask DisposeAsync() => run.DisposeAsync();

    [Fact]
    public async Task For_an_answer()
    {
        while (run.DataPlane.Door.Wait(0, Cancelled))
        {
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var holding = new HeldSet(run.Client, request, TimeProvider.System, _ => Assert.Fail("It is not answered.")).HoldAsync(ended.Token);
        await UntilAsync(() => run.Book.Held.Count > 0);
        await ended.CancelAsync();
        Assert.Equal(ExitCodes.Done, await holding);
        Assert.Empty(run.Book.Held);
        run.DataPlane.Door.Release(1000);
    }

    [Fact]
    public async Task For_the_next_try_behind_a_connection_that_broke()
    {
        await using var relay = new Relay(run.In("relay"), run.Socket);
        using var client = new NodeClient(run.In("relay"));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var held = new TaskCompletionSource();
        var clock = new StoppedClock();
        var holding = new HeldSet(client, request, clock, _ => held.TrySetResult()).HoldAsync(ended.Token);
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        relay.HangUp();
        await clock.Waits.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        await UntilAsync(() => run.Book.Held is [{ Lost: not null }]);
        await ended.CancelAsync();
        Assert.Equal(ExitCodes.Done, await holding);
        Assert.Empty(run.Book.Held);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 3000);
            await Task.Delay(TimeSpan.FromMilliseconds(10), Cancelled);
        }
    }

    /// <summary>A clock by which no wait ends.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        private readonly TaskCompletionSource waits = new();

        /// <summary>Done when somebody waits.</summary>
        public Task Waits => waits.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            waits.TrySetResult();
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A socket that passes on to another, until it hangs up on those who are connected.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly Socket listener = New();
        private readonly List<Socket> open = [];
        private readonly string to;
        private readonly SideWork work;

        public Relay(string at, string to)
        {
            this.to = to;
            listener.Bind(new UnixDomainSocketEndPoint(at));
            listener.Listen();
            work = new(RunAsync, CancellationToken.None);
        }

        public void HangUp()
        {
            lock (open)
            {
                open.ForEach(one => one.Dispose());
                open.Clear();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await work.DisposeAsync();
            HangUp();
            listener.Dispose();
        }

        private static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        private static async Task PassAsync(Socket from, Socket to)
        {
            try
            {
                await using var source = new NetworkStream(from);
                await using var sink = new NetworkStream(to);
                await source.CopyToAsync(sink, Cancelled);
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // One of them hung up.
            }
        }

        private async Task RunAsync(CancellationToken cancellationToken)
        {
            List<Task> passing = [];
            try
            {
                while (true)
                {
                    var (near, far) = (await listener.AcceptAsync(cancellationToken), New());
                    lock (open)
                    {
                        open.AddRange([near, far]);
                    }
                    await far.ConnectAsync(new UnixDomainSocketEndPoint(to), cancellationToken);
                    passing.AddRange([PassAsync(near, far), PassAsync(far, near)]);
                }
            }
            finally
            {
                HangUp();
                await Task.WhenAll(passing);
            }
        }
    }
}
