using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>Files of which the kernel says in which of them something waits (epoll(7)); it goes on saying so until it is taken out. Files may be added while another thread waits.</summary>
internal sealed class ReadySockets : IDisposable
{
    /// <summary>Of more, the rest is told by the next wait.</summary>
    public const int MostAtOnce = 64;

    private const int CloseOnExec = 0x80000, AddOperation = 1, SomethingWaits = 1, Interrupted = 4;

    /// <summary>struct epoll_event: 4 bytes of events, then 8 of the key, which only on x86-64 stand at no multiple of eight.</summary>
    private static readonly int KeyAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private static readonly int EventBytes = KeyAt + 8;

    private readonly SafeFileHandle file;
    private readonly byte[] events = new byte[MostAtOnce * EventBytes];

    public ReadySockets()
    {
        file = new(NativeMethods.CreateEvents(CloseOnExec), ownsHandle: true);
        if (file.IsInvalid)
        {
            throw new NetlinkException("make an event queue", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Watches a file until it is closed; throws <see cref="NetlinkException"/>.</summary>
    /// <param name="watched">The file.</param>
    /// <param name="key">What <see cref="Wait"/> calls it.</param>
    public unsafe void Add(SafeHandle watched, ulong key)
    {
        var one = stackalloc byte[EventBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(new(one, 4), SomethingWaits);
        BinaryPrimitives.WriteUInt64LittleEndian(new(one + KeyAt, 8), key);
        if (NativeMethods.ControlEvents(file, AddOperation, watched, one) != 0)
        {
            throw new NetlinkException("watch a socket", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Waits until something can be taken out of one of them; gives of how many <paramref name="keys"/> tell.</summary>
    /// <param name="keys">Room for <see cref="MostAtOnce"/>.</param>
    /// <param name="milliseconds">How long at most; -1: for ever.</param>
    public unsafe int Wait(Span<ulong> keys, int milliseconds)
    {
        fixed (byte* start = events)
        {
            var count = NativeMethods.WaitForEvents(file, start, MostAtOnce, milliseconds);
            if (count < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error == Interrupted ? 0 : throw new NetlinkException("wait for packets", error);
            }
            for (var i = 0; i < count; i++)
            {
                keys[i] = BinaryPrimitives.ReadUInt64LittleEndian(events.AsSpan((i * EventBytes) + KeyAt));
            }
            return count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
