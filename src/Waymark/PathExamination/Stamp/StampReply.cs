using System.Buffers.Binary;

namespace Waymark.PathExamination.Stamp;

/// <summary>A test packet of a session-reflector (RFC 8762 section 4.3).</summary>
/// <param name="Sequence">Counts the replies of the session where the reflector keeps a state of it; else the request's.</param>
/// <param name="Sent">When it was sent (T3), by the reflector's clock.</param>
/// <param name="ErrorEstimate">Of the reflector's clock.</param>
/// <param name="SessionId">The request's; a reflector that knows none may send 0.</param>
/// <param name="Received">When the request arrived (T2), by the reflector's clock.</param>
/// <param name="Request">What the reply says that the request held.</param>
/// <param name="SenderTtl">The TTL or hop limit that the request arrived with.</param>
public readonly record struct StampReply(
    uint Sequence, NtpTimestamp Sent, ErrorEstimate ErrorEstimate, ushort SessionId, NtpTimestamp Received, StampRequest Request, byte SenderTtl)
{
    /// <summary>All fields but the zeros behind them: what a reflector of TWAMP Light sends at least (RFC 5357 section 4.2.1).</summary>
    private const int LeastBytes = 41;

    /// <summary>Reads one; false for what is too short, not of the key's holder, or has times that are none. PTP's times become NTP's.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, StampKey? key, out StampReply reply)
    {
        reply = default;
        var layout = StampLayout.Of(key);
        if (packet.Length < (key is null ? LeastBytes : layout.Length) || key?.IsTag(packet.Slice(StampLayout.Tag, StampKey.TagBytes), packet[..StampLayout.Tag]) == false)
        {
            return false;
        }
        var estimate = new ErrorEstimate(BinaryPrimitives.ReadUInt16BigEndian(packet[layout.ErrorEstimate..]));
        if (Time(packet[layout.Timestamp..], estimate) is not { } sent || Time(packet[layout.Received..], estimate) is not { } received)
        {
            return false;
        }
        var sessionId = BinaryPrimitives.ReadUInt16BigEndian(packet[layout.SessionId..]);
        reply = new(
            BinaryPrimitives.ReadUInt32BigEndian(packet), sent, estimate, sessionId, received,
            new(
                BinaryPrimitives.ReadUInt32BigEndian(packet[layout.SenderSequence..]),
                new(BinaryPrimitives.ReadUInt64BigEndian(packet[layout.SenderTimestamp..])),
                new(BinaryPrimitives.ReadUInt16BigEndian(packet[layout.SenderErrorEstimate..])),
                sessionId),
            packet[layout.SenderTtl]);
        return true;
    }

    /// <summary>
    /// Writes it as the answer to <paramref name="request"/>, with that packet's extensions (RFC 8972 section 4), and never longer than it: an answer that is longer than what was asked for it
    /// is what floods third parties. One to a short packet of TWAMP Light is cut. Gives its length.
    /// </summary>
    /// <param name="request">The packet that is answered, at least <see cref="StampRequest.LeastBytes"/>.</param>
    /// <param name="packet">Where it goes, at least as long as the request and as 112 octets.</param>
    /// <param name="key">That of the session; null: unauthenticated.</param>
    public int Write(ReadOnlySpan<byte> request, Span<byte> packet, StampKey? key)
    {
        var layout = StampLayout.Of(key);
        packet[..layout.Length].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(packet, Sequence);
        BinaryPrimitives.WriteUInt64BigEndian(packet[layout.Timestamp..], Sent.Bits);
        BinaryPrimitives.WriteUInt16BigEndian(packet[layout.ErrorEstimate..], ErrorEstimate.Bits);
        BinaryPrimitives.WriteUInt16BigEndian(packet[layout.SessionId..], SessionId);
        BinaryPrimitives.WriteUInt64BigEndian(packet[layout.Received..], Received.Bits);
        BinaryPrimitives.WriteUInt32BigEndian(packet[layout.SenderSequence..], Request.Sequence);
        BinaryPrimitives.WriteUInt64BigEndian(packet[layout.SenderTimestamp..], Request.Timestamp.Bits);
        BinaryPrimitives.WriteUInt16BigEndian(packet[layout.SenderErrorEstimate..], Request.ErrorEstimate.Bits);
        packet[layout.SenderTtl] = SenderTtl;
        key?.Sign(packet[..StampLayout.Tag], packet.Slice(StampLayout.Tag, StampKey.TagBytes));
        if (request.Length > layout.Length)
        {
            request[layout.Length..].CopyTo(packet[layout.Length..]);
            StampExtensions.Answer(packet[layout.Length..request.Length], request[..StampLayout.SequenceBytes], packet[..StampLayout.SequenceBytes], key);
        }
        return request.Length;
    }

    private static NtpTimestamp? Time(ReadOnlySpan<byte> field, ErrorEstimate estimate)
    {
        var bits = BinaryPrimitives.ReadUInt64BigEndian(field);
        return estimate.IsPtp ? NtpTimestamp.FromPtp(bits) : new(bits);
    }
}
