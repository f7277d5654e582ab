using System.Runtime.InteropServices;
using Waymark.Linux.Netlink;

namespace Waymark.Linux;

/// <summary>Whose a file or folder is, and what others may do with it.</summary>
/// <param name="Owner">The user's number.</param>
/// <param name="Mode">The rights.</param>
public readonly record struct FileStanding(uint Owner, System.IO.UnixFileMode Mode)
{
    /// <summary>AT_FDCWD; STATX_MODE and STATX_UID; struct statx has 256 bytes, stx_uid at 20 and stx_mode at 28, on every architecture (statx(2)).</summary>
    private const int WorkingDirectory = -100, Wanted = 0xa, Bytes = 256, OwnerAt = 20, ModeAt = 28;

    private const int NoSuchFile = 2, Rights = 0xfff;

    /// <summary>Of what is at a path, behind its links; null where nothing is. Throws <see cref="System.IO.IOException"/> where it cannot be told.</summary>
    public static unsafe FileStanding? Of(string path)
    {
        Span<byte> standing = stackalloc byte[Bytes];
        fixed (byte* at = standing)
        {
            if (NativeMethods.StatX(WorkingDirectory, path, 0, Wanted, at) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error == NoSuchFile ? null : throw new System.IO.IOException($"{path} cannot be looked at: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
        return new(MemoryMarshal.Read<uint>(standing[OwnerAt..]), (System.IO.UnixFileMode)(MemoryMarshal.Read<ushort>(standing[ModeAt..]) & Rights));
    }
}
