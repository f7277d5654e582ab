using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.PacketClassification;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Reads, forgets and re-marks entries of connection tracking (linux/netfilter/nfnetlink_conntrack.h). Never flushes.</summary>
internal sealed class ConnectionTracking : IDisposable
{
    private const ushort Subsystem = 1 << 8;

    private const ushort New = 0, Get = 1, Delete = 2;

    private const byte Tcp = 6;

    /// <summary>So many are asked for at once; their answers have to fit into the socket's buffer.</summary>
    private const int Batch = 256;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.Netfilter);
    private readonly NetlinkWriter writer = new();

    /// <summary>The entries whose mark is <paramref name="value"/> under <paramref name="mask"/>; all with a mask of 0.</summary>
    public IReadOnlyList<ConnectionEntry> Entries(uint value, uint mask)
    {
        var found = new List<ConnectionEntry>();
        Start(Get, NetlinkFlags.Dump, 0);
        writer.U32Network(8, value);
        writer.U32Network(21, mask);
        writer.EndMessage();
        socket.Dump(writer.Written, "read the tracked connections", found.Clear, message =>
        {
            if (Read(message) is { } entry && (entry.Mark & mask) == value)
            {
                found.Add(entry);
            }
        });
        return found;
    }

    /// <summary>Tells the mark of each entry that has a bit of <paramref name="mask"/>.</summary>
    public IReadOnlyList<uint> Marks(uint mask)
    {
        var found = new List<uint>();
        Start(Get, NetlinkFlags.Dump, 0);
        writer.EndMessage();
        socket.Dump(writer.Written, "count the tracked connections", found.Clear, message =>
        {
            foreach (var attribute in message.Attributes(4))
            {
                if (attribute.Type == 8 && (attribute.U32Network & mask) != 0)
                {
                    found.Add(attribute.U32Network);
                }
            }
        });
        return found;
    }

    /// <summary>The marks of TCP connections, given by either direction; without those that are not tracked. Each is looked up by itself, and not the whole table.</summary>
    public IReadOnlyDictionary<FlowEnds, uint> Marks(IReadOnlyCollection<FlowEnds> connections)
    {
        var found = new Dictionary<FlowEnds, uint>();
        foreach (var some in connections.Chunk(Batch))
        {
            writer.Clear();
            foreach (var one in some)
            {
                Begin(Get, NetlinkFlags.Ack, Number(one.Source.Family));
                WriteTuple(one);
                writer.EndMessage();
            }
            var refused = socket.TryRequest(writer.Written, message =>
            {
                if (Read(message) is { } entry)
                {
                    // Where addresses are translated, the host's own end is in one of the two and the network's in the other.
                    (found[entry.Original], found[entry.Reply]) = (entry.Mark, entry.Mark);
                }
            });
            foreach (var (_, error, detail) in refused)
            {
                if (error != NetlinkException.NoEntry)
                {
                    throw new NetlinkException("look up tracked connections", error, detail);
                }
            }
        }
        return found;
    }

    /// <summary>The mark of the connection that a packet of this host has begun, which is forgotten with that; null: it is not tracked.</summary>
    public uint? Take(Packet packet)
    {
        uint? mark = null;
        writer.Clear();
        foreach (var type in new[] { Get, Delete })
        {
            Begin(type, NetlinkFlags.Ack, Number(packet.Family));
            WriteTuple(packet);
            writer.EndMessage();
        }
        foreach (var (_, error, detail) in socket.TryRequest(writer.Written, message => mark = Read(message)?.Mark ?? mark))
        {
            if (error != NetlinkException.NoEntry)
            {
                throw new NetlinkException($"look up the connection of {packet}", error, detail);
            }
        }
        return mark;
    }

    /// <summary>Forgets an entry; one that is gone is fine.</summary>
    public void Forget(ConnectionEntry entry)
    {
        Start(Delete, NetlinkFlags.Ack, Number(entry.Family));
        writer.Attribute(1 | 0x8000, entry.Tuple.AsSpan());
        writer.EndMessage();
        Send($"forget a connection to {entry.Original.Destination}");
    }

    /// <summary>Clears bits of an entry's mark; one that is gone is fine.</summary>
    public void ClearMark(ConnectionEntry entry, uint mask)
    {
        Start(New, NetlinkFlags.Ack, Number(entry.Family));
        writer.Attribute(1 | 0x8000, entry.Tuple.AsSpan());
        writer.U32Network(8, 0);
        writer.U32Network(21, mask);
        writer.EndMessage();
        Send($"clear the mark of a connection to {entry.Original.Destination}");
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private static byte Number(IpFamily family) => family == IpFamily.V4 ? (byte)2 : (byte)10;

    internal static ConnectionEntry? Read(NetlinkMessage message)
    {
        FlowEnds original = default, reply = default;
        EquatableArray<byte> tuple = [];
        byte protocol = 0;
        uint mark = 0;
        foreach (var attribute in message.Attributes(4))
        {
            switch (attribute.Type)
            {
                case 1:
                    (original, protocol) = ReadEnds(attribute);
                    tuple = [.. attribute.Value];
                    break;
                case 2:
                    (reply, _) = ReadEnds(attribute);
                    break;
                case 8:
                    mark = attribute.U32Network;
                    break;
            }
        }
        return original.Source.Family == 0 ? null : new(original.Source.Family, protocol, mark, original, reply, tuple);
    }

    private static (FlowEnds Ends, byte Protocol) ReadEnds(NetlinkAttribute tuple)
    {
        IpAddress source = default, destination = default;
        ushort sourcePort = 0, destinationPort = 0;
        byte protocol = 0;
        foreach (var part in tuple.Nested)
        {
            foreach (var field in part.Nested)
            {
                switch (part.Type, field.Type)
                {
                    case (1, 1 or 3) when field.Value.Length is 4 or 16:
                        source = IpAddress.FromNetworkOrder(field.Value);
                        break;
                    case (1, 2 or 4) when field.Value.Length is 4 or 16:
                        destination = IpAddress.FromNetworkOrder(field.Value);
                        break;
                    case (2, 1):
                        protocol = field.U8;
                        break;
                    case (2, 2):
                        sourcePort = field.U16Network;
                        break;
                    case (2, 3):
                        destinationPort = field.U16Network;
                        break;
                }
            }
        }
        return (new(source, sourcePort, destination, destinationPort), protocol);
    }

    /// <summary>CTA_TUPLE_ORIG of a TCP connection.</summary>
    private void WriteTuple(FlowEnds ends) => WriteTuple(ends.Source, ends.Destination, () =>
    {
        writer.U8(1, Tcp);
        writer.U16Network(2, ends.SourcePort);
        writer.U16Network(3, ends.DestinationPort);
    });

    /// <summary>CTA_TUPLE_ORIG of what begins with a packet.</summary>
    private void WriteTuple(Packet packet) => WriteTuple(packet.Local, packet.Peer, () =>
    {
        writer.U8(1, packet.Protocol);
        if (packet is { LocalPort: { } local, PeerPort: { } peer })
        {
            writer.U16Network(2, local);
            writer.U16Network(3, peer);
        }
        else if (packet.IcmpType is { } type)
        {
            // CTA_PROTO_ICMP_ID, TYPE, CODE, and the three of ICMPv6.
            var first = packet.Family == IpFamily.V4 ? (ushort)4 : (ushort)7;
            writer.U16Network(first, RawPacket.Echo);
            writer.U8((ushort)(first + 1), type);
            writer.U8((ushort)(first + 2), packet.IcmpCode ?? 0);
        }
        else
        {
            // GRE has keys in their place, which are not told apart here.
            writer.U16Network(2, 0);
            writer.U16Network(3, 0);
        }
    });

    private void WriteTuple(IpAddress source, IpAddress destination, Action protocol)
    {
        var isV4 = source.Family == IpFamily.V4;
        var tuple = writer.BeginNested(1);
        var addresses = writer.BeginNested(1);
        writer.Attribute(isV4 ? (ushort)1 : (ushort)3, source.ToNetworkOrder());
        writer.Attribute(isV4 ? (ushort)2 : (ushort)4, destination.ToNetworkOrder());
        writer.EndNested(addresses);
        var transport = writer.BeginNested(2);
        protocol();
        writer.EndNested(transport);
        writer.EndNested(tuple);
    }

    private void Start(ushort type, NetlinkFlags flags, byte family)
    {
        writer.Clear();
        Begin(type, flags, family);
    }

    private void Begin(ushort type, NetlinkFlags flags, byte family)
    {
        writer.BeginMessage((ushort)(Subsystem | type), NetlinkFlags.Request | flags);
        writer.Raw([family, 0, 0, 0]);
    }

    private void Send(string attempt)
    {
        var refused = socket.TryRequest(writer.Written);
        if (refused.Count > 0 && refused[0].Error != NetlinkException.NoEntry)
        {
            throw new NetlinkException(attempt, refused[0].Error, refused[0].Detail);
        }
    }
}
