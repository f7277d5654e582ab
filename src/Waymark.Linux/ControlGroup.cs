using System.Runtime.InteropServices;

namespace Waymark.Linux;

/// <summary>Control groups of the unified hierarchy.</summary>
public static partial class ControlGroup
{
    /// <summary>The group's id: the inode number of its directory; null where there is no such directory.</summary>
    public static unsafe ulong? IdOf(string directory)
    {
        // struct statx: stx_ino is at byte 32 (linux/stat.h); 256 bytes in all.
        Span<byte> result = stackalloc byte[256];
        fixed (byte* buffer = result)
        {
            return Statx(-100, directory, 0, 0x100, buffer) == 0 ? BitConverter.ToUInt64(result[32..]) : null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);
}
