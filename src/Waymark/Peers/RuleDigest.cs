using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Waymark.Peers;

/// <summary>
/// Names a rule by its content: the first 128 bits of the SHA-256 of the bytes that travel. Two ends that hold the same digests hold the same rules, whatever either understands of them.
/// </summary>
/// <param name="Bits">The bits, read as one big-endian number.</param>
public readonly record struct RuleDigest(UInt128 Bits) : IComparable<RuleDigest>
{
    /// <summary>How many bytes it has.</summary>
    public const int Length = 16;

    /// <summary>Of the bytes of a rule.</summary>
    public static RuleDigest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    /// <summary>Of a set of rules, given in any order, each once.</summary>
    public static RuleDigest OfAll(IEnumerable<RuleDigest> rules) => Of([.. rules.Order().SelectMany(one => one.ToBytes())]);

    /// <summary>Reads the bytes of one; false where they are more or fewer.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RuleDigest digest)
    {
        digest = bytes.Length == Length ? new(BinaryPrimitives.ReadUInt128BigEndian(bytes)) : default;
        return bytes.Length == Length;
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RuleDigest digest)
    {
        digest = default;
        if (text?.Length != 2 * Length || !UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits))
        {
            return false;
        }
        digest = new(bits);
        return true;
    }

    /// <summary>Its bytes, big-endian.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return bytes;
    }

    /// <summary>By number.</summary>
    public int CompareTo(RuleDigest other) => Bits.CompareTo(other.Bits);

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Bits.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(RuleDigest left, RuleDigest right) => left.CompareTo(right) < 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(RuleDigest left, RuleDigest right) => left.CompareTo(right) > 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(RuleDigest left, RuleDigest right) => left.CompareTo(right) <= 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(RuleDigest left, RuleDigest right) => left.CompareTo(right) >= 0;
}
