using System.Buffers.Binary;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Lab.Accuracy;

/// <summary>A probe's packet or the answer to it, as it stands in an Ethernet frame.</summary>
/// <param name="Asker">Whose it is.</param>
/// <param name="IsReply">Whether it is the answer.</param>
/// <param name="Number">The same in a request and its answer, and in no other of that asker that is under way.</param>
internal readonly record struct ProbeFrame(Asker Asker, bool IsReply, ulong Number)
{
    /// <summary>Whether it is the beginning of a page behind the answer.</summary>
    public bool IsPage { get; init; }

    private const int DnsPort = 53;

    private const int EthernetBytes = 14, UdpBytes = 8, EchoBytes = 8;

    /// <summary>Where a STAMP packet and the reply to it hold the request's sequence number, and both the session (RFC 8762 section 4.2.1 and 4.3.1, RFC 8972 section 3).</summary>
    private const int StampSession = 14, StampSenderSequence = 24, StampBytes = 44;

    /// <summary>Our echo carries a nonce, and nothing behind it; that of <c>ping</c> is longer.</summary>
    private const int OwnEchoBytes = EchoBytes + 8;

    /// <summary>The header of a DNS message (RFC 1035 section 4.1.1).</summary>
    private const int DnsBytes = 12;

    private const byte Syn = 2, Ack = 16;

    /// <summary>Null where it is neither, or cut.</summary>
    public static ProbeFrame? Of(ReadOnlySpan<byte> frame) => Packet(frame, out var protocol) switch
    {
        { Length: >= EchoBytes } packet when protocol is 1 or 58 => Echo(packet),
        { Length: >= UdpBytes + DnsBytes } packet when protocol == 17 && IsOf(packet, DnsPort) => Dns(packet),
        { Length: >= UdpBytes + StampBytes } packet when protocol == 17 => Stamp(packet),
        { Length: >= 20 } packet when protocol == 6 => Tcp(packet),
        _ => null,
    };

    /// <summary>What an IPv4 packet without fragments or an IPv6 one without extension headers carries; empty: it is none.</summary>
    private static ReadOnlySpan<byte> Packet(ReadOnlySpan<byte> frame, out byte protocol)
    {
        protocol = 0;
        if (frame.Length < EthernetBytes + 20)
        {
            return [];
        }
        var packet = frame[EthernetBytes..];
        int header, length;
        switch (BinaryPrimitives.ReadUInt16BigEndian(frame[12..]))
        {
            case 0x0800:
                (header, length, protocol) = ((packet[0] & 15) * 4, BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), packet[9]);
                break;
            case 0x86dd when packet.Length >= 40:
                (header, length, protocol) = (40, 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]), packet[6]);
                break;
            default:
                return [];
        }
        return header <= length && length <= packet.Length ? packet[header..length] : [];
    }

    private static ProbeFrame? Echo(ReadOnlySpan<byte> packet) => packet[0] is 8 or 128 or 0 or 129
        // Identifier and sequence number (RFC 792, RFC 4443 section 4).
        ? new(packet.Length == OwnEchoBytes ? Asker.Icmp : Asker.Ping, packet[0] is 0 or 129, BinaryPrimitives.ReadUInt32BigEndian(packet[4..]))
        : null;

    private static ProbeFrame? Stamp(ReadOnlySpan<byte> packet)
    {
        var isReply = BinaryPrimitives.ReadUInt16BigEndian(packet) == ProbeTarget.Stamp.UsualPort;
        if (!isReply && BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) != ProbeTarget.Stamp.UsualPort)
        {
            return null;
        }
        var payload = packet[UdpBytes..];
        ulong session = BinaryPrimitives.ReadUInt16BigEndian(payload[StampSession..]);
        return new(payload.Length > PacketTrain.UsualBytes / 2 ? Asker.Train : Asker.Stamp, isReply,
            (session << 32) | BinaryPrimitives.ReadUInt32BigEndian(payload[(isReply ? StampSenderSequence : 0)..]));
    }

    private static bool IsOf(ReadOnlySpan<byte> packet, int port) => BinaryPrimitives.ReadUInt16BigEndian(packet) == port || BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) == port;

    /// <summary>By the identifier and the asker's port.</summary>
    private static ProbeFrame Dns(ReadOnlySpan<byte> packet)
    {
        var isReply = BinaryPrimitives.ReadUInt16BigEndian(packet) == DnsPort;
        return new(Asker.Dns, isReply, ((ulong)BinaryPrimitives.ReadUInt16BigEndian(packet[(isReply ? 2 : 0)..]) << 16) | BinaryPrimitives.ReadUInt16BigEndian(packet[UdpBytes..]));
    }

    /// <summary>The first two packets of a handshake (RFC 9293 section 3.5), by the asker's port and first sequence number; of a page by its port, and what the server says then.</summary>
    private static ProbeFrame? Tcp(ReadOnlySpan<byte> packet)
    {
        ulong from = BinaryPrimitives.ReadUInt16BigEndian(packet), to = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (from == FarEnd.HttpPort || to == FarEnd.HttpPort)
        {
            var (isReply, port) = (from == FarEnd.HttpPort, from == FarEnd.HttpPort ? to : from);
            return (packet[13] & (Syn | Ack)) switch
            {
                Syn => new(Asker.Http, false, port),
                Syn | Ack => new(Asker.Http, true, port),
                Ack when isReply && packet.Length > (packet[12] >> 4) * 4 => new(Asker.Http, true, port) { IsPage = true },
                _ => null,
            };
        }
        return (packet[13] & (Syn | Ack)) switch
        {
            Syn => new(Asker.Tcp, false, (from << 32) | BinaryPrimitives.ReadUInt32BigEndian(packet[4..])),
            Syn | Ack => new(Asker.Tcp, true, (to << 32) | unchecked(BinaryPrimitives.ReadUInt32BigEndian(packet[8..]) - 1)),
            _ => null,
        };
    }
}
