using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>What the kernel knows of the wall clock (clock_adjtime(2)): whether a time service keeps it, and how far it may be off by that service's word.</summary>
internal static partial class ClockReading
{
    private const int RealTime = 0;
    private const int Unsynchronized = 0x40;

    /// <summary>struct timex of 64-bit systems has 208 bytes.</summary>
    private const int MostBytes = 256;

    /// <summary>Reads it. Where the kernel refuses, nothing is known.</summary>
    public static unsafe ErrorEstimate Now()
    {
        // Modes (zero: change nothing), offset, frequency, the greatest error, the likely error, in microseconds; status.
        Span<byte> state = stackalloc byte[MostBytes];
        state.Clear();
        fixed (byte* start = state)
        {
            // It gives the state of the leap second, or TIME_ERROR (5), which the status says in more words.
            if (AdjustClock(RealTime, start) < 0)
            {
                return ErrorEstimate.Unknown;
            }
        }
        var isSynchronized = (BinaryPrimitives.ReadInt32LittleEndian(state[40..]) & Unsynchronized) == 0;
        return isSynchronized ? ErrorEstimate.Of(true, TimeSpan.FromMicroseconds(Math.Max(1, BinaryPrimitives.ReadInt64LittleEndian(state[32..])))) : ErrorEstimate.Unknown;
    }

    [LibraryImport("libc", EntryPoint = "clock_adjtime", SetLastError = true)]
    private static unsafe partial int AdjustClock(int clock, byte* state);
}
