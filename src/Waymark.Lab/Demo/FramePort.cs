using System.Buffers.Binary;

namespace Waymark.Lab.Demo;

/// <summary>Reads the destination port out of a frame.</summary>
internal static class FramePort
{
    /// <summary>The port of a TCP or UDP packet over IPv4 or IPv6 without extension headers; null of anything else.</summary>
    public static int? Of(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 14 + 20)
        {
            return null;
        }
        var packet = frame[14..];
        var (header, protocol) = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            0x0800 => ((packet[0] & 15) * 4, packet[9]),
            0x86dd => (40, packet[6]),
            _ => (0, (byte)0),
        };
        return protocol is 6 or 17 && packet.Length >= header + 4 ? BinaryPrimitives.ReadUInt16BigEndian(packet[(header + 2)..]) : null;
    }
}
