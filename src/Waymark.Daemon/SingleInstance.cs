using System.IO;

namespace Waymark.Daemon;

/// <summary>
/// One daemon a network namespace: holds a lock that goes with the process, however it ends. The lock is a file that only its owner can open, for a name that anybody
/// could take (an abstract socket) would let anybody keep the daemon from starting.
/// </summary>
internal sealed class SingleInstance : IDisposable
{
    private const string Directory = "/run/waymark";

    /// <summary>EWOULDBLOCK: what flock(2) says where another process holds it.</summary>
    private const int IsHeld = 11;

    private readonly FileStream file;

    private SingleInstance(FileStream file) => this.file = file;

    /// <summary>The lock of this network namespace; null where another process holds it. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static SingleInstance? TryTake()
    {
        System.IO.Directory.CreateDirectory(Directory, (UnixFileMode)0b111_101_101);
        // "net:[4026531840]": the number names the namespace for as long as anything is in it.
        var number = new FileInfo("/proc/self/ns/net").LinkTarget!.Split('[', ']')[1];
        try
        {
            // Not shared is flock(LOCK_EX | LOCK_NB) here.
            return new(new FileStream(Path.Combine(Directory, $"network-{number}.lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
        }
        catch (IOException held) when ((held.HResult & 0xffff) == IsHeld)
        {
            // Another one runs.
            return null;
        }
    }

    public void Dispose() => file.Dispose();
}
