using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;

namespace Waymark.Daemon.Api;

/// <summary>
/// What one local user may hold of the daemon at a time, so that nobody shuts the others out or fills its memory: connections, calls in each, bytes in each call. Root is not
/// bounded: it could stop the daemon anyhow.
/// </summary>
/// <param name="followed">What the kernel has followed, for <see cref="ConnectionStart"/>.</param>
internal sealed class CallerBounds(Func<ulong> followed)
{
    /// <summary>The most connections of one user. A program needs one, whatever it watches and asks.</summary>
    public const int Connections = 16;

    /// <summary>The most calls at a time in one connection.</summary>
    public const int Calls = 16;

    /// <summary>The largest message in bytes of a user who may not ask for everything: some 20,000 policies.</summary>
    public const int MessageBytes = 2 << 20;

    /// <summary>The largest message in bytes of a user who is no requester, and is told so.</summary>
    public const int StrangerBytes = 64 << 10;

    private readonly Lock gate = new();
    private readonly Dictionary<uint, int> connections = [];

    /// <summary>Has Kestrel listen on a Unix socket within these bounds.</summary>
    public void Listen(KestrelServerOptions kestrel, string socket)
    {
        kestrel.Limits.Http2.MaxStreamsPerConnection = Calls;
        kestrel.Limits.MaxRequestBodySize = WireLimits.MessageBytes;
        // On this machine a slow caller is one whom something else keeps from the processor. What he may hold meanwhile is bounded above.
        (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (null, null);
        kestrel.ListenUnixSocket(socket, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => connection => ConnectAsync(connection, next));
        });
    }

    /// <summary>Bounds the body of a call by who calls: before a byte of it is read.</summary>
    public static Task BoundAsync(HttpContext context, RequesterRights rights, Func<Task> next)
    {
        var size = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (size is { IsReadOnly: false })
        {
            size.MaxRequestBodySize = rights.Find(UserOf(context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket)) switch
            {
                null => StrangerBytes,
                { MayAny: false } => MessageBytes,
                _ => WireLimits.MessageBytes,
            };
        }
        return next();
    }

    /// <summary>Who holds the other end of a Unix socket, by the kernel's word. Of any other socket it would say nothing that could be believed.</summary>
    public static uint UserOf(Socket socket)
    {
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            throw new InvalidOperationException("A caller that is not on this host was asked for as one that is.");
        }
        // struct ucred { pid_t, uid_t, gid_t }: SO_PEERCRED (unix(7)).
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(1, 17, credentials);
        return BitConverter.ToUInt32(credentials[4..]);
    }

    private async Task ConnectAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(new ConnectionStart(followed()));
        var user = UserOf(connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket);
        lock (gate)
        {
            var held = connections.GetValueOrDefault(user);
            if (user != 0 && held >= Connections)
            {
                connection.Abort(new($"user {user} holds {held} connections"));
                return;
            }
            connections[user] = held + 1;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            lock (gate)
            {
                if (--connections[user] == 0)
                {
                    connections.Remove(user);
                }
            }
        }
    }
}
