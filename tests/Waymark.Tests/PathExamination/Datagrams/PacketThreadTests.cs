using System.Collections.Concurrent;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;

namespace Waymark.Tests.PathExamination.Datagrams;

/// <summary>Timers and packets of one thread, on the real clock and over loopback.</summary>
public sealed class PacketThreadTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly PacketThread thread = new(TimeProvider.System, "test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => thread.Dispose();

    [Fact]
    public void Timers_fire_in_the_order_of_their_times_none_early_and_all_on_the_thread()
    {
        var random = new Random(7);
        var fired = new BlockingCollection<(int Wanted, TimeSpan At, int Thread)>();
        var began = thread.GetTimestamp();
        var wanted = Enumerable.Range(0, 200).Select(_ => random.Next(0, 300)).ToList();
        var timers = wanted.ConvertAll(milliseconds => thread.CreateTimer(
            _ => fired.Add((milliseconds, thread.GetElapsedTime(began), Environment.CurrentManagedThreadId)), null, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan));
        var all = timers.ConvertAll(_ => fired.TryTake(out var one, Patience) ? one : throw new InvalidOperationException("A timer has not fired."));
        Assert.Equal(wanted.Order(), all.Select(one => one.Wanted).Order());
        Assert.All(all, one => Assert.True(one.At >= TimeSpan.FromMilliseconds(one.Wanted), $"{one.Wanted} ms fired after {one.At.TotalMilliseconds} ms"));
        Assert.Single(all.Select(one => one.Thread).Distinct());
        Assert.False(fired.TryTake(out _));
    }

    [Fact]
    public async Task Only_the_newest_time_of_a_timer_counts()
    {
        var fired = new ConcurrentQueue<string>();
        using var end = thread.CreateTimer(_ => fired.Enqueue("end"), null, TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);
        using var putOff = thread.CreateTimer(_ => fired.Enqueue("put off"), null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        using var calledOff = thread.CreateTimer(_ => fired.Enqueue("called off"), null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        using var broughtForward = thread.CreateTimer(_ => fired.Enqueue("brought forward"), null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        var disposed = thread.CreateTimer(_ => fired.Enqueue("disposed"), null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        putOff.Change(TimeSpan.FromMilliseconds(500), Timeout.InfiniteTimeSpan);
        calledOff.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        broughtForward.Change(TimeSpan.FromMilliseconds(30), Timeout.InfiniteTimeSpan);
        await disposed.DisposeAsync();
        Assert.False(disposed.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await UntilAsync(() => fired.Contains("put off"));
        Assert.Equal(["brought forward", "end", "put off"], fired);
    }

    [Fact]
    public async Task A_timer_with_a_period_fires_until_it_is_disposed_of()
    {
        var count = 0;
        var timer = thread.CreateTimer(_ => Interlocked.Increment(ref count), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
        await UntilAsync(() => Volatile.Read(ref count) >= 5);
        await timer.DisposeAsync();
        var last = Volatile.Read(ref count);
        await Task.Delay(100, Cancel);
        Assert.Equal(last, Volatile.Read(ref count));
    }

    [Fact]
    public async Task Disposing_of_a_timer_waits_for_its_call_but_not_from_within_it()
    {
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var (isOver, waited) = (false, false);
        ITimer? timer = null;
        timer = thread.CreateTimer(_ =>
        {
            begun.Set();
            goOn.Wait(Patience);
            waited = !timer!.DisposeAsync().AsTask().IsCompleted;
            Volatile.Write(ref isOver, true);
        }, null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        Assert.True(begun.Wait(Patience, Cancel));
        var ending = timer.DisposeAsync().AsTask();
        Assert.False(ending.IsCompleted);
        goOn.Set();
        await ending;
        Assert.True(Volatile.Read(ref isOver));
        Assert.False(waited);
    }

    [Fact]
    public async Task Packets_of_many_sockets_are_read_whatever_waits_and_none_of_a_closed_one()
    {
        const int Sockets = 100, Packets = 20;
        var got = new ConcurrentDictionary<int, int>();
        var sockets = Enumerable.Range(0, Sockets).Select(_ => new DatagramSocket(IpFamily.V4, SocketType.Dgram, ProtocolType.Udp, thread)).ToList();
        try
        {
            for (var i = 0; i < Sockets; i++)
            {
                var which = i;
                sockets[i].Bind(0);
                sockets[i].Receive(packet => got.AddOrUpdate(which, packet.Bytes[0] == which ? 1 : int.MinValue, (_, count) => count + 1));
            }
            for (var packet = 0; packet < Packets; packet++)
            {
                for (var i = 0; i < Sockets; i++)
                {
                    sockets[(i + 1) % Sockets].Send([(byte)i], DatagramSocket.NameOf(IpAddress.Parse("127.0.0.1"), sockets[i].Port));
                }
            }
            await UntilAsync(() => got.Count == Sockets && got.Values.All(count => count == Packets));
            var name = DatagramSocket.NameOf(IpAddress.Parse("127.0.0.1"), sockets[0].Port);
            sockets[0].Dispose();
            // Nobody has the port any more; what is told to others is still heard.
            sockets[1].Send([0], name);
            sockets[2].Send([1], DatagramSocket.NameOf(IpAddress.Parse("127.0.0.1"), sockets[1].Port));
            await UntilAsync(() => got[1] == Packets + 1);
            Assert.Equal(Packets, got[0]);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Sockets_that_come_and_go_while_packets_do_disturb_nothing()
    {
        using var steady = new DatagramSocket(IpFamily.V4, SocketType.Dgram, ProtocolType.Udp, thread);
        var got = 0;
        steady.Bind(0);
        steady.Receive(_ => Interlocked.Increment(ref got));
        var name = DatagramSocket.NameOf(IpAddress.Parse("127.0.0.1"), steady.Port);
        for (var i = 0; i < 500; i++)
        {
            using var brief = new DatagramSocket(IpFamily.V4, SocketType.Dgram, ProtocolType.Udp, thread);
            brief.Bind(0);
            brief.Receive(_ => { });
            steady.Send([1], DatagramSocket.NameOf(IpAddress.Parse("127.0.0.1"), brief.Port));
            brief.Send([1], name);
            if (i % 50 == 49)
            {
                // More would not fit into the socket, should the thread get no processor.
                await UntilAsync(() => Volatile.Read(ref got) == i + 1);
            }
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!isSo())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
