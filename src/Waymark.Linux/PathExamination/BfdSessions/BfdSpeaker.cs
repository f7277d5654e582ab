using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Waymark.Linux.Netlink;
using Waymark.PathExamination.BfdSessions;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>
/// Speaks and hears for all sessions, on a thread of its own: they have to go on within some tens of milliseconds whatever the rest of the process waits for. It hears
/// everything that has come, with the kernel's time of its coming, before it lets time pass for any session: a healthy system is not called silent because this
/// process was.
/// </summary>
/// <param name="time">The clock.</param>
#pragma warning disable CA1001 // It lives as long as the process; its sockets and its thread do not, and go with the last session.
internal sealed class BfdSpeaker(TimeProvider time)
#pragma warning restore CA1001
{
    /// <summary>More than a socket's buffer holds: a flood does not keep sessions from being looked after.</summary>
    private const int MostAtOnce = 1024;

    private readonly Lock gate = new();
    private readonly List<BfdConversation> conversations = [];
    private readonly List<Ear> ears = [];
    private readonly WakeSignal wake = new();
    private readonly byte[] buffer = new byte[256];
    private readonly long origin = time.GetTimestamp();
    private Random? random;
    private bool isRunning;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Begins a session, in the calling thread's network namespace. Throws <see cref="SocketException"/>.</summary>
    public BfdConversation Begin(WatchedTarget watched, uint mark, Action changed)
    {
        lock (gate)
        {
            // Jitter and discriminators; nothing is kept secret by them.
#pragma warning disable CA5394
            random ??= new((int)(watched.Seed & int.MaxValue));
#pragma warning restore CA5394
            var discriminator = (uint)(watched.Seed >> 32);
            while (discriminator == 0 || conversations.Any(one => one.Session.Discriminator == discriminator))
            {
                discriminator = unchecked(discriminator + 1);
            }
            var begun = new BfdConversation(this, watched, mark, changed, discriminator);
            try
            {
                if (ears.All(one => one.Door != begun.Door))
                {
                    ears.Add(new(begun.Door, begun.Door.Listen(), Now));
                }
            }
            catch
            {
                // Who cannot hear says nothing either; the caller gets the reason.
                begun.End(Now);
                throw;
            }
            conversations.Add(begun);
            if (!isRunning)
            {
                isRunning = true;
                new Thread(Speak) { IsBackground = true, Name = "bfd" }.Start();
            }
            wake.Set();
            return begun;
        }
    }

    /// <summary>Ends a session; nothing where it has ended.</summary>
    public void End(BfdConversation one)
    {
        lock (gate)
        {
            if (conversations.Remove(one))
            {
                one.End(Now);
                wake.Set();
            }
        }
    }

    private void Speak()
    {
        try
        {
            while (true)
            {
                NativeMethods.PollEntry[] entries;
                TimeSpan? due;
                lock (gate)
                {
                    Hear();
                    Say();
                    // Only this thread closes what it waits for.
                    foreach (var unused in ears.Where(ear => conversations.All(one => one.Door != ear.Door)).ToList())
                    {
                        unused.Dispose();
                        ears.Remove(unused);
                    }
                    if (conversations.Count == 0)
                    {
                        isRunning = false;
                        return;
                    }
                    entries = [Entry(wake.File), .. ears.Select(ear => Entry(ear.File))];
                    due = conversations.Min(one => one.Session.Due);
                }
                Wait(entries, due);
            }
        }
        catch (Exception defect)
        {
            // Sessions that nobody looks after any more would claim for ever what they claim now: the process has to end, and its supervisor starts it again.
            ExceptionDispatchInfo.Throw(defect);
        }
    }

    private unsafe void Wait(NativeMethods.PollEntry[] entries, TimeSpan? due)
    {
        var timeout = due is { } at ? (int)Math.Clamp(Math.Ceiling((at - Now).TotalMilliseconds), 0, int.MaxValue) : -1;
        fixed (NativeMethods.PollEntry* start = entries)
        {
            _ = NativeMethods.Poll(start, (nuint)entries.Length, timeout);
        }
        if (entries[0].Returned != 0)
        {
            wake.Clear();
        }
    }

    private void Hear()
    {
        foreach (var ear in ears)
        {
            // What is found there came after it was empty the last time, whatever a clock that was set meanwhile makes of it.
            var (floor, now, clock) = (ear.EmptyAt, Now, time.GetUtcNow());
            for (var i = 0; i < MostAtOnce && DatagramArrival.Receive(ear.File, buffer) is { } came; i++)
            {
                var at = came.At is { } stamp ? now - (clock - stamp) : now;
                Take(ear.Door, came, at < floor ? floor : at > now ? now : at);
            }
            ear.EmptyAt = now;
        }
    }

    private void Take(BfdDoor door, in DatagramArrival came, TimeSpan at)
    {
        if ((!door.IsMultihop && came.TimeToLive != BfdDoor.FullTimeToLive) || !BfdPacket.TryRead(buffer.AsSpan(0, came.Length), out var packet))
        {
            return;
        }
        foreach (var one in conversations)
        {
            if (one.Door == door && one.Peer == came.From && (packet.YourDiscriminator == 0 || packet.YourDiscriminator == one.Session.Discriminator))
            {
                one.Session.Receive(packet, at);
                // At once: an answer to a poll must not be lost to the poll behind it.
                one.Advance(Now, Spread);
                return;
            }
        }
    }

    private void Say()
    {
        foreach (var one in conversations)
        {
            one.Advance(Now, Spread);
        }
    }

#pragma warning disable CA5394 // Jitter; nothing is kept secret by it.
    private double Spread() => random!.NextDouble();
#pragma warning restore CA5394

    private static NativeMethods.PollEntry Entry(SafeFileHandle file) => new() { File = (int)file.DangerousGetHandle(), Events = 1 };

    /// <summary>The socket by which sessions hear.</summary>
    private sealed class Ear(BfdDoor door, Socket socket, TimeSpan emptyAt) : IDisposable
    {
        public BfdDoor Door { get; } = door;

        /// <summary>The socket's own number, which the socket closes.</summary>
        public SafeFileHandle File { get; } = new(socket.Handle, ownsHandle: false);

        /// <summary>When it was last seen empty.</summary>
        public TimeSpan EmptyAt { get; set; } = emptyAt;

        public void Dispose()
        {
            File.Dispose();
            socket.Dispose();
        }
    }
}
