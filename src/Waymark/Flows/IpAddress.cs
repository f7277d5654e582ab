using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Waymark.Flows;

/// <summary>An IPv4 or IPv6 address as a number, so that prefixes and ranges of them are arithmetic. No scope (zone) id.</summary>
/// <param name="Family">Which family; the default struct has none and is refused by every consumer.</param>
/// <param name="Bits">The address read as one big-endian number: 0 to 2^32-1, or 0 to 2^128-1.</param>
public readonly record struct IpAddress(IpFamily Family, UInt128 Bits) : IComparable<IpAddress>
{
    /// <summary>How many bits an address of <paramref name="family"/> has: 32 or 128.</summary>
    public static int Width(IpFamily family) => family == IpFamily.V4 ? 32 : 128;

    /// <summary>The highest address of <paramref name="family"/>, as a number.</summary>
    public static UInt128 Highest(IpFamily family) => family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue;

    /// <summary>Reads an address in the notation of RFC 4291 section 2.2 or dotted decimal with four parts and no leading zeros.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        // The framework also takes "1.2" and "0x7f.1"; we take what RFC 6943 section 3.1.1 calls the strict form.
        if (!text.Contains(':') && (text.Count('.') != 3 || !IsStrictDottedDecimal(text)))
        {
            return false;
        }
        if (text.Contains('%') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }
        address = From(parsed);
        return true;
    }

    /// <summary>Reads an address; throws <see cref="FormatException"/> when the text is none.</summary>
    public static IpAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address.");

    /// <summary>The same address from the framework's type; an IPv6 scope id is dropped.</summary>
    public static IpAddress From([NotNull] IPAddress address) => FromNetworkOrder(address.GetAddressBytes());

    /// <summary>The address in <paramref name="bytes"/>, 4 or 16 of them in network order; anything else throws <see cref="ArgumentException"/>.</summary>
    public static IpAddress FromNetworkOrder(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new(IpFamily.V4, BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(IpFamily.V6, BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException("An address has 4 or 16 bytes.", nameof(bytes)),
    };

    /// <summary>The address in network order, 4 or 16 bytes.</summary>
    public byte[] ToNetworkOrder()
    {
        var bytes = new byte[Family == IpFamily.V4 ? 4 : 16];
        if (Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        }
        return bytes;
    }

    /// <summary>The framework's type for the same address.</summary>
    public IPAddress ToIPAddress() => new(ToNetworkOrder());

    /// <summary>Whether it is link-local (169.254/16, fe80::/10): never steered.</summary>
    public bool IsLinkLocal => Family == IpFamily.V4 ? Bits >> 16 == 0xa9fe : Bits >> 118 == 0x3fa;

    /// <summary>IPv4 before IPv6, then by number.</summary>
    public int CompareTo(IpAddress other) => Family != other.Family ? Family.CompareTo(other.Family) : Bits.CompareTo(other.Bits);

    /// <summary>The notation of RFC 5952.</summary>
    public override string ToString() => ToIPAddress().ToString();

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    private static bool IsStrictDottedDecimal(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] == '0'))
            {
                return false;
            }
        }
        return true;
    }
}
