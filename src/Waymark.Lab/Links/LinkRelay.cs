using System.Diagnostics;

namespace Waymark.Lab.Links;

/// <summary>
/// Carries the frames of all links on one thread: reads what is there, keeps each frame until it is due, sleeps until the next is. Needs no netem.
/// </summary>
internal sealed class LinkRelay : IDisposable
{
    private const int MostAtOnce = 64;

    /// <summary>A frame that says it is older came before somebody set the wall clock.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(1);

    private readonly List<EmulatedLink> links = [];
    private readonly FramePool pool = new();
    private readonly System.Net.Sockets.Socket waker;
    private readonly System.Net.Sockets.Socket sleeper;
    private readonly Lock gate = new();
    private readonly Thread thread;
    private volatile bool isStopped;

    public LinkRelay()
    {
        // A datagram to ourselves ends the sleep.
        sleeper = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        var address = new System.Net.Sockets.UnixDomainSocketEndPoint($"\0waymark-relay-{Environment.ProcessId}-{GetHashCode():x}");
        sleeper.Bind(address);
        waker = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        waker.Connect(address);
        waker.Blocking = false;
        thread = new(Run) { IsBackground = true, Name = "link relay" };
    }

    /// <summary>Adds a link between two devices of the thread's network namespace; before <see cref="Start"/>.</summary>
    public EmulatedLink Add(string name, string a, string b, int seed)
    {
        var link = new EmulatedLink(name, new(a), new(b), seed, Stopwatch.Frequency, pool, Wake);
        links.Add(link);
        return link;
    }

    public void Start() => thread.Start();

    public void Dispose()
    {
        isStopped = true;
        Wake();
        if (thread.IsAlive)
        {
            thread.Join();
        }
        foreach (var link in links)
        {
            link.A.Dispose();
            link.B.Dispose();
        }
        waker.Dispose();
        sleeper.Dispose();
    }

    private void Wake()
    {
        lock (gate)
        {
            try
            {
                waker.Send([1]);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Full of wake-ups: it will wake.
            }
        }
    }

    private unsafe void Run()
    {
        Punctuality.Ask();
        var buffer = new byte[65536 + 18];
        var entries = new NativeMethods.PollEntry[(links.Count * 2) + 1];
        for (var i = 0; i < links.Count; i++)
        {
            entries[2 * i] = new() { File = links[i].A.Handle.DangerousGetHandle().ToInt32(), Events = 1 };
            entries[(2 * i) + 1] = new() { File = links[i].B.Handle.DangerousGetHandle().ToInt32(), Events = 1 };
        }
        entries[^1] = new() { File = sleeper.SafeHandle.DangerousGetHandle().ToInt32(), Events = 1 };
        while (!isStopped)
        {
            Sleep(entries);
            if (entries[^1].Returned != 0)
            {
                sleeper.Receive(buffer);
            }
            for (var i = 0; i < links.Count; i++)
            {
                var link = links[i];
                Take(link, link.A, link.UpDirection, entries[2 * i].Returned, buffer);
                Take(link, link.B, link.DownDirection, entries[(2 * i) + 1].Returned, buffer);
                Deliver(link, link.UpDirection, link.B, isUp: true);
                Deliver(link, link.DownDirection, link.A, isUp: false);
            }
        }
    }

    private unsafe void Sleep(NativeMethods.PollEntry[] entries)
    {
        long? next = null;
        foreach (var link in links)
        {
            next = Earlier(Earlier(next, link.UpDirection.NextDue), link.DownDirection.NextDue);
        }
        fixed (NativeMethods.PollEntry* start = entries)
        {
            if (next is not { } due)
            {
                _ = NativeMethods.Poll(start, (nuint)entries.Length, null, 0);
                return;
            }
            var ticks = Math.Max(0, due - Stopwatch.GetTimestamp());
            var time = new NativeMethods.TimeSpec { Seconds = ticks / Stopwatch.Frequency, Nanoseconds = ticks % Stopwatch.Frequency * 1_000_000_000 / Stopwatch.Frequency };
            _ = NativeMethods.Poll(start, (nuint)entries.Length, &time, 0);
        }
    }

    private static void Take(EmulatedLink link, FrameSocket socket, LinkDirection direction, short returned, byte[] buffer)
    {
        if (returned == 0)
        {
            return;
        }
        for (var i = 0; i < MostAtOnce; i++)
        {
            var count = socket.Receive(buffer, out var arrival);
            if (count == 0)
            {
                return;
            }
            var arrived = Stopwatch.GetTimestamp() - Age(arrival);
            if (!direction.Add(buffer.AsSpan(0, count), arrived))
            {
                link.Passages?.Invoke(buffer.AsSpan(0, count), new(direction == link.UpDirection, arrived, null));
            }
        }
    }

    /// <summary>How long ago that was, in the monotonic clock's ticks: what we are late to look is no part of the delay.</summary>
    private static long Age(long arrival)
    {
        var age = arrival == 0 ? TimeSpan.Zero : TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(arrival / TimeSpan.NanosecondsPerTick);
        return age > TimeSpan.Zero && age < Oldest ? (long)(age.TotalSeconds * Stopwatch.Frequency) : 0;
    }

    private static void Deliver(EmulatedLink link, LinkDirection direction, FrameSocket to, bool isUp)
    {
        while (direction.TryTake(Stopwatch.GetTimestamp(), out var frame, out var arrived))
        {
            link.Observer?.Invoke(frame, isUp);
            link.Passages?.Invoke(frame, new(isUp, arrived, Stopwatch.GetTimestamp()));
            to.Send(frame);
        }
    }

    private static long? Earlier(long? a, long? b) => a is null || b < a ? b : a;
}
