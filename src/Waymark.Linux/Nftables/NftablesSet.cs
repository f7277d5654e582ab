namespace Waymark.Linux.Nftables;

/// <summary>A named set or map.</summary>
internal sealed record NftablesSet
{
    /// <summary>Its name; at most 31 letters, digits and underscores.</summary>
    public required string Name { get; init; }

    /// <summary>The parts of its key, in order; each is padded to whole words.</summary>
    public required EquatableArray<NftablesType> Key { get; init; }

    /// <summary>What it gives for a key; null for a set.</summary>
    public NftablesType? Value { get; init; }

    /// <summary>Whether keys are ranges.</summary>
    public bool IsInterval { get; init; }

    /// <summary>Whether elements may end by themselves.</summary>
    public bool HasTimeouts { get; init; }

    /// <summary>The elements, in order of key (<see cref="NftablesElement.CompareTo"/>); ranges are disjoint.</summary>
    public EquatableArray<NftablesElement> Elements { get; init; } = [];

    /// <summary>Whether <paramref name="other"/> is the same set but for its elements, so that one can become the other by elements alone.</summary>
    public bool HasShapeOf(NftablesSet other) => (this with { Elements = [] }) == (other with { Elements = [] });
}

/// <summary>A type of nft's, known to the kernel only as a number; the reader of a listing needs it (enum datatypes of nft's datatype.h).</summary>
/// <param name="Number">nft's number.</param>
/// <param name="Length">Bytes of a value.</param>
/// <param name="IsHostOrder">Whether its values are numbers in the host's byte order.</param>
internal sealed record NftablesType(int Number, int Length, bool IsHostOrder = false)
{
    /// <summary>Where a packet goes (NFT_DATA_VERDICT).</summary>
    public static readonly NftablesType Verdict = new(-256, 16);

    /// <summary>ipv4_addr.</summary>
    public static readonly NftablesType Ipv4Address = new(7, 4);

    /// <summary>ipv6_addr.</summary>
    public static readonly NftablesType Ipv6Address = new(8, 16);

    /// <summary>inet_proto.</summary>
    public static readonly NftablesType Protocol = new(12, 1);

    /// <summary>inet_service.</summary>
    public static readonly NftablesType Service = new(13, 2);

    /// <summary>mark.</summary>
    public static readonly NftablesType Mark = new(19, 4, IsHostOrder: true);

    /// <summary>fib_addrtype.</summary>
    public static readonly NftablesType AddressType = new(38, 4, IsHostOrder: true);

    /// <summary>ifname; nft takes its strings for numbers of the host.</summary>
    public static readonly NftablesType InterfaceName = new(41, 16, IsHostOrder: true);

    private static readonly NftablesType[] Known = [Verdict, Ipv4Address, Ipv6Address, Protocol, Service, Mark, AddressType, InterfaceName];

    /// <summary>The type of a number; one that we do not use has the length given.</summary>
    public static NftablesType Of(int number, int length) => Array.Find(Known, type => type.Number == number) ?? new(number, length);

    /// <summary>Bytes in a key of several parts: whole words.</summary>
    public int Padded => (Length + 3) / 4 * 4;
}
