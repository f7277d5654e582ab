using System.Net.Sockets;

namespace Waymark.Daemon;

/// <summary>
/// One daemon a network namespace: holds an abstract socket, whose names belong to the namespace and vanish with the process, however it ends.
/// </summary>
internal sealed class SingleInstance : IDisposable
{
    private readonly Socket socket;

    private SingleInstance(Socket socket) => this.socket = socket;

    /// <summary>The lock; null where another process holds it.</summary>
    public static SingleInstance? TryTake()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint("\0waymarkd"));
            return new(socket);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // Another one runs.
            socket.Dispose();
            return null;
        }
    }

    public void Dispose() => socket.Dispose();
}
