using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Waymark.Linux.Netlink;

/// <summary>Ends a thread's wait in the kernel from another thread; once set it stays set until it is cleared.</summary>
public sealed class WakeSignal : IDisposable
{
    /// <summary>Makes one that is not set.</summary>
    public WakeSignal()
    {
        File = new(NativeMethods.EventFile(0, NativeMethods.SockCloseOnExec), ownsHandle: true);
        if (File.IsInvalid)
        {
            throw new NetlinkException("make an event file", Marshal.GetLastPInvokeError());
        }
    }

    internal SafeFileHandle File { get; }

    /// <summary>Sets it.</summary>
    public unsafe void Set()
    {
        ulong one = 1;
        // It can only fail where it is set 2^64 times.
        _ = NativeMethods.Write(File, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Clears one that is set; on one that is not, it waits until it is.</summary>
    public unsafe void Clear()
    {
        ulong count;
        _ = NativeMethods.Read(File, (byte*)&count, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}
