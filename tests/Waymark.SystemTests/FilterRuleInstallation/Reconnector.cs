using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// A program that connects anew the moment its connection ends, without any pause, and the server, which tells from where: had connections been ended before the rules
/// that forbid them were in force, it would be back on the old path.
/// </summary>
internal sealed class Reconnector : IDisposable
{
    private readonly ConcurrentQueue<string> seen = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Socket listener;
    private readonly List<Thread> threads;
    private int refused;

    /// <param name="world">Where.</param>
    /// <param name="from">From the node or from the host behind it.</param>
    /// <param name="family">Of the connections.</param>
    /// <param name="port">The server's.</param>
    /// <param name="isTalking">Whether it sends all the time: else it is idle, and only its socket can tell it.</param>
    public Reconnector(World world, NetworkNamespace from, IpFamily family, int port, bool isTalking)
    {
        listener = world.Listen(family, port);
        var target = new IPEndPoint(World.Server(family), port);
        threads =
        [
            new(() =>
            {
                from.Enter();
                while (!stop.IsCancellationRequested)
                {
                    Connect(target, isTalking);
                }
            }),
            new(Accept),
        ];
        threads.ForEach(thread => thread.Start());
    }

    /// <summary>Addresses that connections came from, in order.</summary>
    public IReadOnlyList<string> Seen => [.. seen];

    /// <summary>How many attempts were refused.</summary>
    public int Refused => Volatile.Read(ref refused);

    /// <summary>Waits until more connections than <paramref name="before"/> have come, at most 10 s; gives those.</summary>
    public IReadOnlyList<string> After(int before)
    {
        SpinWait.SpinUntil(() => seen.Count > before, TimeSpan.FromSeconds(10));
        // Whoever had landed on the wrong path would be sent on at once, and come again.
        stop.Token.WaitHandle.WaitOne(20);
        return [.. seen.Skip(before)];
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        threads.ForEach(thread => thread.Join());
        stop.Dispose();
    }

    private void Connect(IPEndPoint target, bool isTalking)
    {
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Blocking = false;
            try
            {
                socket.Connect(target);
            }
            catch (SocketException began) when (began.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // Under way.
            }
            if (!socket.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectWrite) || socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0)
            {
                Interlocked.Increment(ref refused);
                return;
            }
            while (!stop.IsCancellationRequested)
            {
                if (isTalking)
                {
                    socket.Send([1]);
                }
                if (socket.Poll(TimeSpan.FromMilliseconds(1), SelectMode.SelectRead))
                {
                    return;
                }
            }
        }
        catch (SocketException)
        {
            // Refused or reset: again.
            Interlocked.Increment(ref refused);
        }
    }

    private void Accept()
    {
        var open = new List<Socket>();
        try
        {
            while (true)
            {
                var one = listener.Accept();
                open.Add(one);
                seen.Enqueue(World.From(one));
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The test is over.
            open.ForEach(one => one.Dispose());
        }
    }
}
