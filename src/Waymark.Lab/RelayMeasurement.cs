using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;

namespace Waymark.Lab;

/// <summary>
/// Measures the relay: two nodes send each other 20 Mbit/s over a link of 20 ms, each packet with the instant it was sent at. Needs namespaces of its own, as
/// <see cref="NetworkLab"/> does.
/// </summary>
public static class RelayMeasurement
{
    private const int PayloadBytes = 1200;
    private const double Rate = 20_000_000;
    private const int Port = 7;
    private const ulong Mark = 0x7761_796d_6172_6b21;

    /// <summary>What is not counted: the first packets wait for hardware addresses, and for code to be compiled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>A sender that took longer for one packet was stopped meanwhile, and nobody knows whether before or after it was sent.</summary>
    private static readonly TimeSpan LongestSend = TimeSpan.FromMicroseconds(500);

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends both ways at once, a second to warm up and then for <paramref name="duration"/>; throws <see cref="LabException"/> where the lab cannot be built or nothing came through.</summary>
    public static async Task<RelayLateness> RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var shape = new LinkShape { Delay = Delay };
        var topology = new Topology("measurement", [new("near"), new("far")],
            [new LabLink(new("near", "eth0", ["192.0.2.1/24"]), new("far", "eth0", ["192.0.2.2/24"])) { Name = "line", Up = shape, Down = shape }]);
        await using var lab = await NetworkLab.StartAsync(topology, seed: 1, cancellationToken, prefix: "measured-");
        using var near = Open(lab, "near", "192.0.2.1", "192.0.2.2");
        using var far = Open(lab, "far", "192.0.2.2", "192.0.2.1");
        // The relay adds on its thread while this one waits.
        var gate = new Lock();
        var late = new List<(long SentAt, double Microseconds)>((int)(duration.TotalSeconds * Rate / 4 / PayloadBytes) + 1);
        var counted = Stopwatch.GetTimestamp() + (long)(WarmUp.TotalSeconds * Stopwatch.Frequency);
        lab.Find("line").Observer = (frame, _) =>
        {
            if (frame.Length < PayloadBytes || BinaryPrimitives.ReadUInt64LittleEndian(frame[^16..]) != Mark)
            {
                return;
            }
            var sentAt = BinaryPrimitives.ReadInt64LittleEndian(frame[^8..]);
            var flight = Stopwatch.GetElapsedTime(sentAt);
            if (sentAt < counted)
            {
                return;
            }
            lock (gate)
            {
                late.Add((sentAt, (flight - Delay).TotalMicroseconds));
            }
        };
        var start = Stopwatch.GetTimestamp();
        var sent = await Task.WhenAll(Send(near, WarmUp + duration, cancellationToken), Send(far, WarmUp + duration, cancellationToken));
        var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Delay * 3, cancellationToken);
        lab.Find("line").Observer = null;
        var doubtful = sent.SelectMany(one => one.Doubtful).ToHashSet();
        double[] sorted;
        int all;
        lock (gate)
        {
            all = late.Count;
            sorted = [.. late.Where(one => !doubtful.Contains(one.SentAt)).Select(one => one.Microseconds).Order()];
        }
        if (sorted.Length == 0)
        {
            throw new LabException("no packet came through the relay");
        }
        return new(sorted.Length, all - sorted.Length, sent.Min(one => one.Packets) * PayloadBytes * 8 / took, At(0.5), At(0.99), At(1));

        TimeSpan At(double share) => TimeSpan.FromMicroseconds(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)]);
    }

    private static Socket Open(NetworkLab lab, string node, string own, string peer)
    {
        var socket = default(Socket);
        using var space = lab.Namespace(node);
        // A socket stays in the network namespace that it was made in.
        space.Run(() => socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket!.Bind(new IPEndPoint(IPAddress.Parse(own), Port));
        socket.Connect(IPAddress.Parse(peer), Port);
        return socket;
    }

    /// <summary>A thread of its own, for the pool's are late by themselves; gives how many it sent, and by their instants those that it may have sent later than it says.</summary>
    private static Task<(int Packets, List<long> Doubtful)> Send(Socket socket, TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(() =>
    {
        var packet = new byte[PayloadBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(packet.AsSpan(^16), Mark);
        var start = Stopwatch.GetTimestamp();
        var sent = 0;
        var doubtful = new List<long>();
        for (TimeSpan elapsed; (elapsed = Stopwatch.GetElapsedTime(start)) < duration;)
        {
            for (var wanted = (int)(elapsed.TotalSeconds * Rate / 8 / PayloadBytes); sent < wanted; sent++)
            {
                var sentAt = Stopwatch.GetTimestamp();
                BinaryPrimitives.WriteInt64LittleEndian(packet.AsSpan(^8), sentAt);
                socket.Send(packet);
                if (Stopwatch.GetElapsedTime(sentAt) > LongestSend)
                {
                    doubtful.Add(sentAt);
                }
            }
            if (cancellationToken.WaitHandle.WaitOne(1))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        return (sent, doubtful);
    }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
