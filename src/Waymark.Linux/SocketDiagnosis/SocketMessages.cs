using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.PathExamination;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>
/// Answers about TCP sockets to values: struct inet_diag_msg (72 bytes) and behind it struct tcp_info as an attribute. Kernels only ever append to the latter: what lies behind its end is not
/// known of that kernel.
/// </summary>
internal static class SocketMessages
{
    /// <summary>INET_DIAG_INFO.</summary>
    public const ushort TcpState = 2;

    /// <summary>TCP_ESTABLISHED.</summary>
    public const byte Established = 1;

    private const int HeaderLength = 72;

    /// <summary>tcpi_delivery_rate_app_limited, the first bit of its byte.</summary>
    private const byte ApplicationLimited = 1;

    /// <summary>The socket in a message; null where it is none that is established.</summary>
    public static TcpSocket? Read(NetlinkMessage message)
    {
        var body = message.Body;
        if (message.Type != SocketRequest.ByFamily || body.Length < HeaderLength || body[1] != Established || RoutingMessages.Family(body[0]) is not { } family)
        {
            return null;
        }
        TcpMeasurement? measurement = null;
        foreach (var attribute in message.Attributes(HeaderLength))
        {
            measurement = attribute.Type == TcpState ? Measurement(attribute.Value) : measurement;
        }
        return measurement is null ? null : new(
            BinaryPrimitives.ReadUInt64LittleEndian(body[44..]),
            new(Address(body.Slice(8, 16), family), BinaryPrimitives.ReadUInt16BigEndian(body[4..]), Address(body.Slice(24, 16), family), BinaryPrimitives.ReadUInt16BigEndian(body[6..])),
            BinaryPrimitives.ReadInt32LittleEndian(body[40..]),
            measurement);
    }

    /// <summary>struct tcp_info (linux/tcp.h).</summary>
    public static TcpMeasurement Measurement(ReadOnlySpan<byte> state) => new(
        U32(state, 68) is > 0 and var roundTrip ? Span(roundTrip) : null,
        Span(U32(state, 72) ?? 0),
        U64(state, 120),
        TimeSpan.FromMilliseconds(U32(state, 56) ?? 0))
    {
        // All ones before the first measurement.
        LeastRoundTrip = U32(state, 148) is { } least and not uint.MaxValue ? Span(least) : null,
        SentSegments = U32(state, 156),
        Retransmissions = U32(state, 100) ?? 0,
        NeedlessRetransmissions = U32(state, 216) ?? 0,
        ReceivedBytes = U64(state, 128),
        DeliveryRate = U64(state, 160) * 8.0,
        IsApplicationLimited = state.Length > 7 && (state[7] & ApplicationLimited) != 0,
        SegmentBytes = U32(state, 16) ?? 0,
    };

    private static TimeSpan Span(uint microseconds) => TimeSpan.FromMicroseconds(microseconds);

    private static uint? U32(ReadOnlySpan<byte> state, int at) => state.Length >= at + 4 ? BinaryPrimitives.ReadUInt32LittleEndian(state[at..]) : null;

    private static ulong? U64(ReadOnlySpan<byte> state, int at) => state.Length >= at + 8 ? BinaryPrimitives.ReadUInt64LittleEndian(state[at..]) : null;

    /// <summary>A socket of IPv6 may speak IPv4, with mapped addresses (RFC 4291 section 2.5.5.2).</summary>
    private static IpAddress Address(ReadOnlySpan<byte> bytes, IpFamily family) =>
        family == IpFamily.V4 ? IpAddress.FromNetworkOrder(bytes[..4])
        : bytes[..10].IndexOfAnyExcept((byte)0) < 0 && bytes[10] == 0xff && bytes[11] == 0xff ? IpAddress.FromNetworkOrder(bytes[12..])
        : IpAddress.FromNetworkOrder(bytes);
}
