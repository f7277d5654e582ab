using System.Runtime.InteropServices;

namespace Waymark.Lab.Links;

/// <summary>
/// What a thread may ask of the kernel so that it runs as soon as it should. Each is a wish: where it is not granted, the thread is less punctual and nothing else.
/// </summary>
internal static class Punctuality
{
    private const int SetTimerSlack = 29;

    /// <summary>SCHED_FIFO: runs before all ordinary threads, as soon as it wakes (sched(7)).</summary>
    private const uint RealTime = 1;

    /// <summary>Threads that it starts do not inherit it.</summary>
    private const ulong ResetOnFork = 1;

    /// <summary>The least that the scheduler takes: an ordinary thread that asks for short slices runs before those with long ones when it wakes (EEVDF, Linux 6.12).</summary>
    private const ulong SliceNanoseconds = 100_000;

    /// <summary>The number of sched_setattr(2), for which not every C library has a function.</summary>
    private static nint? SetAttributes => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    /// <summary>
    /// Asks for the calling thread, which should sleep most of the time. Beside a compiler on every core a frame of the relay was late by (p99) 7 ms and more without, by 3
    /// to 4 ms with short slices, and by less than 0.1 ms with real-time priority, which takes a right that root has outside of user namespaces.
    /// </summary>
    public static unsafe void Ask()
    {
        // Timers may be late by 50 us, to go off together; a nanosecond is the least that can be asked for.
        _ = NativeMethods.ProcessControl(SetTimerSlack, 1, 0, 0, 0);
        if (SetAttributes is not { } call)
        {
            return;
        }
        var size = (uint)sizeof(NativeMethods.SchedulingWish);
        var first = new NativeMethods.SchedulingWish { Size = size, Policy = RealTime, Flags = ResetOnFork, Priority = 1 };
        var second = new NativeMethods.SchedulingWish { Size = size, Runtime = SliceNanoseconds };
        if (NativeMethods.SetScheduling(call, 0, &first, 0) != 0)
        {
            _ = NativeMethods.SetScheduling(call, 0, &second, 0);
        }
    }
}
