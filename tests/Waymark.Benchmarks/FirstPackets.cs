using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PacketClassification;

namespace Waymark.Benchmarks;

/// <summary>
/// Sends one IPv4 packet, of whatever addresses and ports, again and again as the first of its connection: each in another zone of connection tracking, in which
/// equal headers are different connections.
/// </summary>
internal sealed class FirstPackets : IDisposable
{
    private const int Rounds = 15;

    private readonly Socket socket = RawPacket.Open(IpFamily.V4);

    public FirstPackets() => Uplinks.Run("nft", "table ip zones {\nchain output {\ntype filter hook output priority raw\nct zone set numgen inc mod 65536\n}\n}\n", "-f", "-");

    /// <summary>Nanoseconds for each, one of the fastest of some rounds.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="count">How many a round.</param>
    public double Cost(Packet packet, int count)
    {
        var bytes = RawPacket.Bytes(packet, 1, new byte[8]);
        var peer = new IPEndPoint(packet.Peer.ToIPAddress(), 0).Serialize();
        var costs = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            Uplinks.Run("conntrack", null, "-F");
            costs.Add(Clock.Time(() =>
            {
                for (var i = 0; i < count; i++)
                {
                    socket.SendTo(bytes, SocketFlags.None, peer);
                }
            }) * 1e6 / count);
        }
        return Clock.Rank(costs[1..], 20);
    }

    /// <summary>What a packet's connection bears for a mark.</summary>
    public uint MarkOf(Packet packet)
    {
        Uplinks.Run("conntrack", null, "-F");
        socket.SendTo(RawPacket.Bytes(packet, 1, new byte[8]), SocketFlags.None, new IPEndPoint(packet.Peer.ToIPAddress(), 0).Serialize());
        var from = $"src={packet.Local} dst={packet.Peer} ";
        var entry = Uplinks.Run("conntrack", null, "-L").Split('\n').FirstOrDefault(line => line.Contains(from, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"{packet} has made no connection.");
        return uint.Parse(entry.Split("mark=")[1].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        socket.Dispose();
        Uplinks.Run("nft", "delete table ip zones\n", "-f", "-");
    }
}
