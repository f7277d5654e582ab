using System.Runtime.InteropServices;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>
/// One thread that reads packets as they come, and on which the timers of this clock fire: probes are sent, their answers taken in and paths judged by them without anything being handed from thread to thread,
/// which costs several times what the rest of a probe does. Whatever it calls must be quick and must not wait; what that throws ends the process, for nobody would look after anything any more. Safe for several threads at once.
/// </summary>
public sealed class PacketThread : TimeProvider, IDisposable
{
    /// <summary>So many rounds of reading at most before timers get their turn: a flood does not keep probes from being sent.</summary>
    private const int MostReadings = 64;

    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly WakeSignal wake = new();
    private readonly ReadySockets ready = new();
    private readonly Dictionary<ulong, Action> readers = [];
    private readonly PriorityQueue<DueTimer, long> queue = new();
    private readonly int threadId;
    private ulong lastReader;
    private long sleepsUntil;
    private DueTimer? firing;
    private bool isStopped;

    /// <summary>Starts it. Throws <see cref="NetlinkException"/> where the kernel has no room for it.</summary>
    /// <param name="clock">What time it is; the thread's own timers take the place of its timers.</param>
    /// <param name="name">Of the thread, as <c>top -H</c> shows it, at most 15 letters.</param>
    public PacketThread(TimeProvider clock, string name)
    {
        this.clock = clock;
        ready.Add(wake.File, WakeKey);
        var thread = new Thread(Run) { IsBackground = true, Name = name };
        threadId = thread.ManagedThreadId;
        thread.Start();
    }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => clock.TimestampFrequency;

    private const ulong WakeKey = 0;

    private bool IsHere => Environment.CurrentManagedThreadId == threadId;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    /// <inheritdoc/>
    public override long GetTimestamp() => clock.GetTimestamp();

    /// <summary>A timer that fires on this thread, never before its time; after <see cref="Dispose"/> it never does. The context of the caller is not kept for it.</summary>
    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new DueTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends the thread, when what it is doing is done; it need not be waited for.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (!isStopped)
            {
                isStopped = true;
                wake.Set();
            }
        }
    }

    /// <summary>Has <paramref name="read"/> called whenever something waits in a socket, which it has to take out. Gives what <see cref="Forget"/> needs.</summary>
    internal ulong Watch(SafeHandle socket, Action read)
    {
        lock (gate)
        {
            var key = ++lastReader;
            readers.Add(key, read);
            if (!isStopped)
            {
                ready.Add(socket, key);
            }
            return key;
        }
    }

    /// <summary>Calls it no more, but for a call that is under way. The kernel stops watching a socket when it is closed.</summary>
    internal void Forget(ulong key)
    {
        lock (gate)
        {
            readers.Remove(key);
        }
    }

    private void Run()
    {
        Span<ulong> keys = stackalloc ulong[ReadySockets.MostAtOnce];
        while (true)
        {
            // What has come is heard before time passes for who waits for it.
            var count = ready.Wait(keys, Rest());
            for (var i = 0; count > 0 && i < MostReadings; i++)
            {
                Read(keys[..count]);
                count = ready.Wait(keys, 0);
            }
            Fire();
            lock (gate)
            {
                if (isStopped)
                {
                    ready.Dispose();
                    wake.Dispose();
                    return;
                }
            }
        }
    }

    /// <summary>How long nothing is due, whole milliseconds, rounded up; -1: for ever.</summary>
    private int Rest()
    {
        lock (gate)
        {
            if (isStopped)
            {
                return 0;
            }
            sleepsUntil = queue.TryPeek(out _, out var next) ? next : long.MaxValue;
            return sleepsUntil == long.MaxValue ? -1 : (int)Math.Clamp(Math.Ceiling((sleepsUntil - GetTimestamp()) * 1000.0 / TimestampFrequency), 0, int.MaxValue);
        }
    }

    private void Read(ReadOnlySpan<ulong> keys)
    {
        foreach (var key in keys)
        {
            Action? read;
            lock (gate)
            {
                sleepsUntil = 0;
                if (key == WakeKey && !isStopped)
                {
                    wake.Clear();
                }
                readers.TryGetValue(key, out read);
            }
            read?.Invoke();
        }
    }

    private void Fire()
    {
        var now = GetTimestamp();
        while (Next(now) is { } timer)
        {
            timer.Fire();
            lock (gate)
            {
                firing = null;
                timer.HasFired?.TrySetResult();
            }
        }
    }

    /// <summary>The next that is due; null: none is.</summary>
    private DueTimer? Next(long now)
    {
        lock (gate)
        {
            sleepsUntil = 0;
            while (!isStopped && queue.TryPeek(out var timer, out var at) && at <= now)
            {
                queue.Dequeue();
                // Else it was set to another time since.
                if (timer.DueAt == at)
                {
                    Set(timer, timer.Period, now);
                    return firing = timer;
                }
            }
            return null;
        }
    }

    private void Set(DueTimer timer, TimeSpan wait, long now)
    {
        if (wait == Timeout.InfiniteTimeSpan)
        {
            timer.DueAt = null;
            return;
        }
        var at = now + (long)(wait.TotalSeconds * TimestampFrequency);
        timer.DueAt = at;
        queue.Enqueue(timer, at);
        if (at < sleepsUntil && !isStopped)
        {
            sleepsUntil = 0;
            wake.Set();
        }
    }

    /// <summary>One timer. What it stands in the queue by may be outdated: only <see cref="DueAt"/> counts.</summary>
    private sealed class DueTimer(PacketThread thread, TimerCallback callback, object? state) : ITimer
    {
        private bool isDisposed;

        public long? DueAt { get; set; }

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        /// <summary>Ends with the call that is under way; null: nobody waits for that.</summary>
        public TaskCompletionSource? HasFired { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (thread.gate)
            {
                if (isDisposed)
                {
                    return false;
                }
                // Zero means once, as with the system's timers.
                Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                thread.Set(this, dueTime, thread.GetTimestamp());
                return true;
            }
        }

        public void Dispose()
        {
            lock (thread.gate)
            {
                (isDisposed, DueAt) = (true, null);
            }
        }

        /// <summary>Ends when a call that is under way has; one from within that call does not wait for itself.</summary>
        public ValueTask DisposeAsync()
        {
            lock (thread.gate)
            {
                (isDisposed, DueAt) = (true, null);
                return thread.firing != this || thread.IsHere ? ValueTask.CompletedTask : new((HasFired ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task);
            }
        }
    }
}
