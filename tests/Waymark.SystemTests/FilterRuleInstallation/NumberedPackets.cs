using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Waymark.Flows;
using Waymark.Linux.PacketClassification;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Sends packets of our own making from the node and from the host behind it, and sees at the far end of the uplinks by which each arrives. Every packet ends with a
/// number, which survives the translation of addresses and ports; the far side is deaf, so that nothing answers.
/// </summary>
internal sealed partial class NumberedPackets
{
    /// <summary>The ids that the sockets of the node have: root's, and another's.</summary>
    public const uint OtherUser = 1000, OtherGroup = 100;

    /// <summary>What every tail begins with.</summary>
    private const uint Magic = 0x57594d4b;

    /// <summary>So few are under way at once that no queue of the kernel can overflow.</summary>
    private const int Burst = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For what comes behind a packet that did not come, which will be told.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<(IpFamily, uint? User), Socket> senders = [];
    private readonly Socket[] uplinks;
    private readonly Dictionary<uint, (int Length, byte Protocol)> underWay = [];
    private readonly byte[] buffer = new byte[4096];
    private uint last;

    public NumberedPackets(World world)
    {
        World.In(world.FarName, "nft", "table inet deaf {\nchain pre {\ntype filter hook prerouting priority -400\n"
            + "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept\nmeta nfproto { ipv4, ipv6 } iifname { r1, r2, r3 } drop\n}\n}");
        World.In(world.NodeName, "sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0");
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            senders[(family, 0)] = world.Opened(world.Node.Run(() => RawPacket.Open(family)));
            senders[(family, OtherUser)] = world.Opened(world.Node.Run(() => OpenedByOther(family)));
            senders[(family, null)] = world.Opened(world.Host.Run(() => RawPacket.Open(family)));
        }
        uplinks = [.. Enumerable.Range(1, 3).Select(n => world.Opened(Capture(world, $"r{n}")))];
    }

    /// <summary>
    /// Sends the packets and gives, for each, the uplink by which it arrived, and from which address; 0: by none. Those that are expected are waited for, and then two that
    /// no rule may speak of, behind all others: what arrives without being expected has come by then, and if it has not, the next to be sent will show it.
    /// </summary>
    /// <param name="packets">The packets, each with what tells its flow apart.</param>
    /// <param name="isExpected">Whether the packet at a place is expected to arrive.</param>
    public Arrival[] Send(IReadOnlyList<(Packet Packet, uint Flow)> packets, Func<int, bool> isExpected)
    {
        var patience = Patience;
        var seen = new Arrival[packets.Count];
        var places = new Dictionary<uint, int>();
        var missing = 0;
        for (var i = 0; i < packets.Count; i++)
        {
            var (packet, flow) = packets[i];
            places[SendOne(packet, flow)] = i;
            missing += isExpected(i) ? 1 : 0;
            if (i % Burst == Burst - 1 || i == packets.Count - 1)
            {
                patience = Drain(patience, () => missing == 0, Arrived) ? patience : Impatience;
                Fence();
            }
        }
        return seen;

        void Arrived(uint number, Arrival arrival)
        {
            Assert.True(places.TryGetValue(number, out var place), $"Packet {number}, of those sent before, arrived by w{arrival.Uplink} when it was no longer waited for.");
            Assert.True(seen[place].Uplink == 0, $"{packets[place].Packet} arrived twice.");
            seen[place] = arrival;
            missing -= isExpected(place) ? 1 : 0;
        }

        // One from each side.
        void Fence()
        {
            var fences = new HashSet<uint> { SendOne(Plain(0), 0), SendOne(Plain(null), 0) };
            Assert.True(Drain(Patience, () => fences.Count == 0, (number, arrival) =>
            {
                if (!fences.Remove(number))
                {
                    Arrived(number, arrival);
                }
            }), "A packet to a neighbour did not arrive: nothing can be told of the others.");
        }
    }

    /// <summary>To a neighbour on the first uplink, which is never steered.</summary>
    private static Packet Plain(uint? user) => new()
    {
        Protocol = 17,
        Local = IpAddress.Parse(user is null ? "192.168.50.2" : "192.168.50.1"),
        Peer = IpAddress.Parse("10.78.1.2"),
        LocalPort = 9,
        PeerPort = 9,
        User = user,
        Started = user is null ? StartedBy.Forwarded : StartedBy.Here,
    };

    private uint SendOne(Packet packet, uint flow)
    {
        var number = ++last;
        var tail = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(tail, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(tail.AsSpan(4), number);
        var bytes = RawPacket.Bytes(packet, flow, tail);
        underWay[number] = (bytes.Length, packet.Protocol);
        RawPacket.Send(senders[(packet.Family, packet.User)], packet, bytes);
        return number;
    }

    private bool Drain(TimeSpan patience, Func<bool> isDone, Action<uint, Arrival> arrived)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            for (var i = 0; i < uplinks.Length; i++)
            {
                while (uplinks[i].Receive(buffer, SocketFlags.None, out var error) is var length && error == SocketError.Success)
                {
                    if (Number(buffer.AsSpan(0, length)) is { } number)
                    {
                        var isV6 = buffer[0] >> 4 == 6;
                        arrived(number, new(i + 1, IpAddress.FromNetworkOrder(buffer.AsSpan(isV6 ? 8 : 12, isV6 ? 16 : 4))));
                    }
                }
            }
            if (isDone() || TimeProvider.System.GetElapsedTime(start) > patience)
            {
                return isDone();
            }
            Socket.Select(new List<Socket>(uplinks), null, null, 10_000);
        }
    }

    /// <summary>The number of a packet of ours; null for another's, and for an error message that quotes one of ours.</summary>
    private uint? Number(ReadOnlySpan<byte> packet)
    {
        var isV6 = packet.Length >= 40 && packet[0] >> 4 == 6;
        if (packet.Length < 28 || (!isV6 && packet[0] >> 4 != 4))
        {
            return null;
        }
        var length = isV6 ? 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) : BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (length < 28 || length > packet.Length || BinaryPrimitives.ReadUInt32BigEndian(packet[(length - 8)..]) != Magic)
        {
            return null;
        }
        var number = BinaryPrimitives.ReadUInt32BigEndian(packet[(length - 4)..]);
        return underWay.TryGetValue(number, out var sent) && sent == (length, packet[isV6 ? 6 : 9]) ? number : null;
    }

    /// <summary>The thread that opens it is another user to the file system, and so is the socket to the filter rules.</summary>
    private static Socket OpenedByOther(IpFamily family)
    {
        _ = SetGroup(OtherGroup);
        _ = SetUser(OtherUser);
        return RawPacket.Open(family);
    }

    /// <summary>Sees what comes in by a device of the far side, before anything else there does.</summary>
    private static Socket Capture(World world, string device)
    {
        var index = int.Parse(World.In(world.FarName, "cat", $"/sys/class/net/{device}/ifindex"), CultureInfo.InvariantCulture);
        return world.Far.Run(() =>
        {
            var socket = new Socket(AddressFamily.Packet, SocketType.Dgram, (ProtocolType)0x0300) { Blocking = false };
            socket.Bind(new Link(index));
            return socket;
        });
    }

    /// <summary>Where a packet arrived.</summary>
    /// <param name="Uplink">From 1; 0: nowhere.</param>
    /// <param name="Source">The address that it came from.</param>
    public readonly record struct Arrival(int Uplink, IpAddress Source);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetUser(uint id);

    [LibraryImport("libc", EntryPoint = "setfsgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetGroup(uint id);

    /// <summary>A device as packet(7) names it: family, ETH_P_ALL, index.</summary>
    private sealed class Link(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            (address[2], address[3]) = (0, 3);
            for (var i = 0; i < 4; i++)
            {
                address[4 + i] = (byte)((index >> (8 * i)) & 0xff);
            }
            return address;
        }
    }
}
