using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Waymark.Linux.Netlink;

/// <summary>
/// A network namespace that work can be done in. A thread that has entered one does not come back: work runs on a thread of its own, and the sockets opened there
/// stay in the namespace whoever uses them.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly SafeFileHandle file;

    private NetworkNamespace(SafeFileHandle file, string name) => (this.file, Name) = (file, name);

    /// <summary>What it was opened by.</summary>
    public string Name { get; }

    /// <summary>Makes a namespace that is gone when nobody uses it any more. Throws <see cref="NetlinkException"/>, with <see cref="NetlinkException.NotPermitted"/> where the user may not.</summary>
    public static NetworkNamespace Create() => OnThread(() =>
    {
        if (NativeMethods.LeaveNamespace(NativeMethods.NewNetworkNamespace) != 0)
        {
            throw new NetlinkException("make a network namespace", Marshal.GetLastPInvokeError());
        }
        return OpenFile("/proc/thread-self/ns/net");
    });

    /// <summary>Opens the namespace that <c>ip netns</c> calls so. Throws <see cref="System.IO.IOException"/>.</summary>
    public static NetworkNamespace Open(string name) => OpenFile($"/run/netns/{name}");

    /// <summary>Opens the namespace of a process. Throws <see cref="System.IO.IOException"/>.</summary>
    public static NetworkNamespace OfProcess(int id) => OpenFile($"/proc/{id}/ns/net");

    /// <summary>Opens the namespace that a file stands for. Throws <see cref="System.IO.IOException"/>.</summary>
    public static NetworkNamespace OpenFile(string path) => new(System.IO.File.OpenHandle(path), path);

    /// <summary>Runs <paramref name="work"/> in the namespace and gives its result; what it throws is thrown here.</summary>
    public T Run<T>(Func<T> work) => OnThread(() =>
    {
        Enter();
        return work();
    });

    private static T OnThread<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception thrown)
            {
                // Carried over to the caller's thread.
                failure = ExceptionDispatchInfo.Capture(thrown);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>As <see cref="Run{T}(Func{T})"/>, without a result.</summary>
    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    /// <summary>Moves the calling thread into the namespace for good. Throws <see cref="NetlinkException"/>.</summary>
    public void Enter()
    {
        if (NativeMethods.SetNamespace(file, NativeMethods.NewNetworkNamespace) != 0)
        {
            throw new NetlinkException($"enter the network namespace {Name}", Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
