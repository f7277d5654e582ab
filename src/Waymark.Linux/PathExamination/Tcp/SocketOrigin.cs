using System.IO;
using System.Net.Sockets;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.PathExamination.Tcp;

/// <summary>
/// Where a probe's sockets are opened: in the network namespace of the thread that opened the probe, whichever thread asks. A probe that needs a socket for each question would else
/// leave that namespace with its first one.
/// </summary>
internal sealed class SocketOrigin : IDisposable
{
    /// <summary>Null: the process is in it, so that every thread may open them.</summary>
    private readonly NetworkNamespace? elsewhere;

    /// <summary>The namespace of the calling thread. Throws <see cref="IOException"/> where /proc is not mounted.</summary>
    public SocketOrigin()
    {
        const string OfThread = "/proc/thread-self/ns/net";
        if (File.ResolveLinkTarget(OfThread, returnFinalTarget: false)?.Name != File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)?.Name)
        {
            elsewhere = NetworkNamespace.OpenFile(OfThread);
        }
    }

    /// <summary>Runs what opens a socket there, and gives it; what it throws is thrown here.</summary>
    public Socket Open(Func<Socket> open) => elsewhere is null ? open() : elsewhere.Run(open);

    /// <inheritdoc/>
    public void Dispose() => elsewhere?.Dispose();
}
