namespace Waymark.Flows;

/// <summary>A prefix of addresses; the bits behind the prefix are always zero.</summary>
public readonly record struct IpPrefix : IComparable<IpPrefix>
{
    /// <summary>The prefix of <paramref name="length"/> bits that holds <paramref name="address"/>; bits behind it are cleared.</summary>
    /// <param name="address">Any address of the prefix.</param>
    /// <param name="length">0 to 32 or 0 to 128; outside throws <see cref="ArgumentOutOfRangeException"/>.</param>
    public IpPrefix(IpAddress address, int length)
    {
        var width = IpAddress.Width(address.Family);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, width);
        Length = length;
        First = address with { Bits = length == 0 ? 0 : address.Bits >> (width - length) << (width - length) };
    }

    /// <summary>The lowest address.</summary>
    public IpAddress First { get; }

    /// <summary>How many leading bits are fixed: 0 to 32 or 0 to 128.</summary>
    public int Length { get; }

    /// <summary>The family of all its addresses.</summary>
    public IpFamily Family => First.Family;

    /// <summary>The highest address.</summary>
    public IpAddress Last => First with
    {
        // A shift by the whole width would be a shift by none.
        Bits = Length == IpAddress.Width(Family) ? First.Bits : First.Bits | (IpAddress.Highest(Family) >> Length),
    };

    /// <summary>Whether <paramref name="address"/> is one of its addresses.</summary>
    public bool Contains(IpAddress address) => address.Family == Family && address.Bits >= First.Bits && address.Bits <= Last.Bits;

    /// <summary>By first address, then shorter before longer.</summary>
    public int CompareTo(IpPrefix other) => First != other.First ? First.CompareTo(other.First) : Length.CompareTo(other.Length);

    /// <summary>The address alone where it is a host's, else address/length.</summary>
    public override string ToString() => Length == IpAddress.Width(Family) ? First.ToString() : $"{First}/{Length}";

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(IpPrefix left, IpPrefix right) => left.CompareTo(right) < 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(IpPrefix left, IpPrefix right) => left.CompareTo(right) > 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(IpPrefix left, IpPrefix right) => left.CompareTo(right) <= 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(IpPrefix left, IpPrefix right) => left.CompareTo(right) >= 0;
}
