using System.Buffers.Binary;

namespace Waymark.PathExamination.Stamp;

/// <summary>A test packet of a session-sender (RFC 8762 section 4.2), or of one of TWAMP Light, whose first 14 octets are the same (RFC 5357 section 4.1.2).</summary>
/// <param name="Sequence">Counts the packets of a session from 0.</param>
/// <param name="Timestamp">When it was sent, as it stands there: the sender's format is its own business.</param>
/// <param name="ErrorEstimate">Of the sender's clock.</param>
/// <param name="SessionId">Tells sessions between the same ports apart (RFC 8972 section 3); 0: the sender has none.</param>
public readonly record struct StampRequest(uint Sequence, NtpTimestamp Timestamp, ErrorEstimate ErrorEstimate, ushort SessionId)
{
    /// <summary>What TWAMP Light has at least: sequence number, timestamp, error estimate.</summary>
    public const int LeastBytes = 14;

    /// <summary>Whether it can only be TWAMP Light's, or a reply: it is shorter than STAMP's, or not zero where STAMP's is.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Bytes of a packet without extensions: 44, or 112 with a key.</summary>
    public static int BytesOf(StampKey? key) => StampLayout.Of(key).Length;

    /// <summary>Reads one; false for what is too short, or not of the key's holder.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, StampKey? key, out StampRequest request)
    {
        request = default;
        var layout = StampLayout.Of(key);
        if (packet.Length < (key is null ? LeastBytes : layout.Length) || key?.IsTag(packet.Slice(StampLayout.Tag, StampKey.TagBytes), packet[..StampLayout.Tag]) == false)
        {
            return false;
        }
        var isForeign = !IsZeroBehindSessionId(packet, layout);
        request = new(
            BinaryPrimitives.ReadUInt32BigEndian(packet),
            new(BinaryPrimitives.ReadUInt64BigEndian(packet[layout.Timestamp..])),
            new(BinaryPrimitives.ReadUInt16BigEndian(packet[layout.ErrorEstimate..])),
            // TWAMP Light has padding in its place, random by default.
            isForeign ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(packet[layout.SessionId..])) { IsForeign = isForeign };
        return true;
    }

    /// <summary>Writes it over all of <paramref name="packet"/>; what that has more than <see cref="BytesOf"/> is padding (RFC 8972 section 4.1).</summary>
    public void Write(Span<byte> packet, StampKey? key)
    {
        var layout = StampLayout.Of(key);
        packet.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(packet, Sequence);
        BinaryPrimitives.WriteUInt64BigEndian(packet[layout.Timestamp..], Timestamp.Bits);
        BinaryPrimitives.WriteUInt16BigEndian(packet[layout.ErrorEstimate..], ErrorEstimate.Bits);
        BinaryPrimitives.WriteUInt16BigEndian(packet[layout.SessionId..], SessionId);
        key?.Sign(packet[..StampLayout.Tag], packet.Slice(StampLayout.Tag, StampKey.TagBytes));
        StampExtensions.Pad(packet[layout.Length..]);
    }

    private static bool IsZeroBehindSessionId(ReadOnlySpan<byte> packet, StampLayout layout) =>
        packet.Length >= layout.Length && !packet[(layout.SessionId + 2)..Math.Min(layout.Length, StampLayout.Tag)].ContainsAnyExcept((byte)0);
}
