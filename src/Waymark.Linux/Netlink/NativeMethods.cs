using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Waymark.Linux.Netlink;

/// <summary>The C library's calls that .NET has no word for.</summary>
internal static partial class NativeMethods
{
    public const int NetlinkFamily = 16;
    public const int SockRaw = 3;
    public const int SockCloseOnExec = 0x80000;
    public const int SocketLevel = 1;
    public const int NetlinkLevel = 270;
    public const int ReceiveBufferForce = 33;
    public const int SendBufferForce = 32;
    public const int NewNetworkNamespace = 0x40000000;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static unsafe partial int Bind(SafeFileHandle socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static unsafe partial int SetOption(SafeFileHandle socket, int level, int name, byte* value, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static unsafe partial nint Send(SafeFileHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    public static unsafe partial nint ReceiveFrom(SafeFileHandle socket, byte* buffer, nuint length, int flags, byte* address, uint* addressLength);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFile(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(SafeFileHandle file, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(SafeFileHandle file, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static unsafe partial int Control(SafeFileHandle file, nuint request, byte* argument);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle file, int type);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int LeaveNamespace(int types);

    [LibraryImport("libc", EntryPoint = "strerror_r")]
    private static unsafe partial byte* ErrorText(int error, byte* buffer, nuint length);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int File;
        public short Events;
        public short Returned;
    }

    /// <summary>The system's sentence for an error number.</summary>
    public static unsafe string Describe(int error)
    {
        Span<byte> buffer = stackalloc byte[128];
        fixed (byte* start = buffer)
        {
            return Marshal.PtrToStringUTF8((nint)ErrorText(error, start, (nuint)buffer.Length)) ?? $"error {error}";
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int StatX(int directory, string path, int flags, uint wanted, byte* standing);
}
