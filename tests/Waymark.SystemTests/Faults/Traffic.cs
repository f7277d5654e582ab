using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// Traffic that does not stop: datagrams of a long flow and of ever new ones, and attempts to connect, from the node itself and from the host behind it, to one port of
/// the server. What the kernel refuses is tried again: that is when a leak would show.
/// </summary>
internal sealed class Traffic : IDisposable
{
    /// <summary>Datagrams sent in one go, and of how many of them a socket lives.</summary>
    private const int Burst = 10, SocketLife = 60;

    private readonly CancellationTokenSource stop = new();
    private readonly List<Thread> threads;
    private int sent;
    private int refused;

    public Traffic(World world, IpFamily family, int port)
    {
        var target = new IPEndPoint(World.Server(family), port);
        threads = new[] { world.Node, world.Host }.Select(from => new Thread(() =>
        {
            from.Enter();
            using var steady = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            while (!stop.Token.WaitHandle.WaitOne(1))
            {
                using var young = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                using var call = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                Try(() => call.Connect(target));
                for (var i = 0; i < SocketLife / Burst && !stop.Token.WaitHandle.WaitOne(1); i++)
                {
                    for (var n = 0; n < Burst; n++)
                    {
                        Try(() => young.SendTo([1], target));
                        Try(() => steady.SendTo([1], target));
                    }
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
    }

    /// <summary>Packets that the kernel took, and those that it refused.</summary>
    public (int Sent, int Refused) Count => (sent, refused);

    public void Dispose()
    {
        stop.Cancel();
        threads.ForEach(thread => thread.Join());
        stop.Dispose();
    }

    private void Try(Action send)
    {
        try
        {
            send();
            Interlocked.Increment(ref sent);
        }
        catch (SocketException failed)
        {
            // A connection that is under way is what was wanted; all else is the kernel's refusal.
            Interlocked.Increment(ref failed.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress ? ref sent : ref refused);
        }
    }
}
