using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Waymark.PathExamination.Stamp;

/// <summary>
/// The extensions behind a packet (RFC 8972 section 4): flags, type, two octets of length, and as many of value. A reflector sends them back in place, with what it has to say of
/// them in their flags. Those that it knows are padding and, with a key, the tag over them.
/// </summary>
internal static class StampExtensions
{
    private const byte Unrecognized = 0x80;
    private const byte Malformed = 0x40;
    private const byte IntegrityFailed = 0x20;
    private const byte ExtraPadding = 1;
    private const byte Hmac = 8;
    private const int HeaderBytes = 4;

    /// <summary>Makes one extension of padding of all of <paramref name="area"/>, which is zero; what is too short for one stays as it is.</summary>
    public static void Pad(Span<byte> area)
    {
        if (area.Length >= HeaderBytes)
        {
            // A sender says of each that it is not recognised; who recognises it says so by clearing that.
            (area[0], area[1]) = (Unrecognized, ExtraPadding);
            BinaryPrimitives.WriteUInt16BigEndian(area[2..], (ushort)Math.Min(area.Length - HeaderBytes, ushort.MaxValue));
        }
    }

    /// <summary>Answers those of a request in place.</summary>
    /// <param name="area">All behind the packet.</param>
    /// <param name="asked">The request's sequence number, as it stood there: the tag covers it too.</param>
    /// <param name="answer">The reply's.</param>
    /// <param name="key">That of the session; null: nothing is known of tags.</param>
    public static void Answer(Span<byte> area, ReadOnlySpan<byte> asked, ReadOnlySpan<byte> answer, StampKey? key)
    {
        var isIntact = key is null || IsIntact(area, asked, key);
        for (var at = 0; TryMeasure(area, at, out var length); at += length)
        {
            ref var flags = ref area[at];
            if (at + length > area.Length)
            {
                // Where the next one starts cannot be told: the rest goes back as it came.
                flags = Malformed;
                return;
            }
            var isKnown = area[at + 1] == ExtraPadding || (key is not null && area[at + 1] == Hmac);
            flags = isIntact ? isKnown ? (byte)0 : Unrecognized : IntegrityFailed;
            if (isIntact && key is not null && area[at + 1] == Hmac)
            {
                Sign(answer, area[..at], key, area.Slice(at + HeaderBytes, StampKey.TagBytes));
            }
        }
    }

    /// <summary>Whether the tag is right, or none is needed: padding alone goes without (RFC 8972 section 4.8). Behind the tag only padding may stand.</summary>
    private static bool IsIntact(ReadOnlySpan<byte> area, ReadOnlySpan<byte> sequence, StampKey key)
    {
        Span<byte> right = stackalloc byte[StampKey.TagBytes];
        var (isTagged, isOnlyPadding) = (false, true);
        for (var at = 0; TryMeasure(area, at, out var length) && at + length <= area.Length; at += length)
        {
            if (area[at + 1] == Hmac)
            {
                if (isTagged || length != HeaderBytes + StampKey.TagBytes)
                {
                    return false;
                }
                Sign(sequence, area[..at], key, right);
                if (!CryptographicOperations.FixedTimeEquals(right, area.Slice(at + HeaderBytes, StampKey.TagBytes)))
                {
                    return false;
                }
                isTagged = true;
            }
            else if (area[at + 1] != ExtraPadding)
            {
                if (isTagged)
                {
                    return false;
                }
                isOnlyPadding = false;
            }
        }
        return isTagged || isOnlyPadding;
    }

    /// <summary>The length of the extension at <paramref name="at"/>, header and value; false where no header fits.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> area, int at, out int length)
    {
        length = area.Length - at >= HeaderBytes ? HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(area[(at + 2)..]) : 0;
        return length > 0;
    }

    private static void Sign(ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> before, StampKey key, Span<byte> tag)
    {
        Span<byte> covered = stackalloc byte[sequence.Length + before.Length];
        sequence.CopyTo(covered);
        before.CopyTo(covered[sequence.Length..]);
        key.Sign(covered, tag);
    }
}
