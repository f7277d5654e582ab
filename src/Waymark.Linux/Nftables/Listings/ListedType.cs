using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Waymark.Flows;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>How nft writes the values of a type, and how they lie in a register.</summary>
/// <param name="Length">Bytes in the register.</param>
/// <param name="IsHostOrder">Whether they are a number in the host's byte order; else big-endian.</param>
/// <param name="Names">Names that nft has for values.</param>
/// <param name="Shift">How many bits of the register follow the value.</param>
internal sealed record ListedType(int Length, bool IsHostOrder = false, IReadOnlyDictionary<string, ulong>? Names = null, int Shift = 0)
{
    /// <summary>Protocols as <c>/etc/protocols</c> of the usual distributions names them; nft takes its names from there.</summary>
    private static readonly Dictionary<string, ulong> Protocols = new(StringComparer.Ordinal)
    {
        ["ip"] = 0, ["hopopt"] = 0, ["icmp"] = 1, ["igmp"] = 2, ["ggp"] = 3, ["ipencap"] = 4, ["ipv4"] = 4, ["st"] = 5, ["st2"] = 5, ["tcp"] = 6, ["egp"] = 8, ["igp"] = 9, ["pup"] = 12, ["udp"] = 17, ["hmp"] = 20,
        ["xns-idp"] = 22, ["rdp"] = 27, ["iso-tp4"] = 29, ["dccp"] = 33, ["xtp"] = 36, ["ddp"] = 37, ["idpr-cmtp"] = 38, ["ipv6"] = 41, ["ipv6-route"] = 43, ["ipv6-frag"] = 44, ["idrp"] = 45,
        ["rsvp"] = 46, ["gre"] = 47, ["esp"] = 50, ["ipv6-crypt"] = 50, ["ah"] = 51, ["ipv6-auth"] = 51, ["skip"] = 57, ["ipv6-icmp"] = 58, ["icmpv6"] = 58, ["ipv6-nonxt"] = 59, ["ipv6-opts"] = 60,
        ["rspf"] = 73, ["vmtp"] = 81, ["eigrp"] = 88, ["ospf"] = 89, ["ospfigp"] = 89, ["ax.25"] = 93, ["ipip"] = 94, ["etherip"] = 97, ["encap"] = 98, ["pim"] = 103, ["ipcomp"] = 108, ["comp"] = 108,
        ["vrrp"] = 112, ["l2tp"] = 115, ["isis"] = 124, ["sctp"] = 132, ["fc"] = 133, ["mobility-header"] = 135, ["udplite"] = 136, ["mpls-in-ip"] = 137, ["manet"] = 138, ["hip"] = 139,
        ["shim6"] = 140, ["wesp"] = 141, ["rohc"] = 142, ["ethernet"] = 143,
    };

    private static readonly Dictionary<string, ulong> CodePoints = new(StringComparer.Ordinal)
    {
        ["cs0"] = 0, ["cs1"] = 8, ["cs2"] = 16, ["cs3"] = 24, ["cs4"] = 32, ["cs5"] = 40, ["cs6"] = 48, ["cs7"] = 56, ["df"] = 0, ["be"] = 0, ["lephb"] = 1, ["va"] = 44, ["ef"] = 46,
        ["af11"] = 10, ["af12"] = 12, ["af13"] = 14, ["af21"] = 18, ["af22"] = 20, ["af23"] = 22, ["af31"] = 26, ["af32"] = 28, ["af33"] = 30, ["af41"] = 34, ["af42"] = 36, ["af43"] = 38,
    };

    private static readonly Dictionary<string, ulong> AddressTypes = new(StringComparer.Ordinal)
    {
        ["unspec"] = 0, ["unicast"] = 1, ["local"] = 2, ["broadcast"] = 3, ["anycast"] = 4, ["multicast"] = 5, ["blackhole"] = 6, ["unreachable"] = 7, ["prohibit"] = 8,
    };

    /// <summary>NFPROTO_*.</summary>
    public static ListedType Family { get; } = new(1, Names: new Dictionary<string, ulong>(StringComparer.Ordinal) { ["ipv4"] = 2, ["ipv6"] = 10 });

    /// <summary>A transport protocol.</summary>
    public static ListedType Protocol { get; } = new(1, Names: Protocols);

    /// <summary>A port.</summary>
    public static ListedType Service { get; } = new(2);

    /// <summary>A mark, a hash, an id of a user or group.</summary>
    public static ListedType Word { get; } = new(4, IsHostOrder: true);

    /// <summary>The state of a connection.</summary>
    public static ListedType State { get; } =
        new(4, IsHostOrder: true, new Dictionary<string, ulong>(StringComparer.Ordinal) { ["invalid"] = 1, ["established"] = 2, ["related"] = 4, ["new"] = 8, ["untracked"] = 64 });

    /// <summary>The status of a connection.</summary>
    public static ListedType Status { get; } = new(4, IsHostOrder: true, new Dictionary<string, ulong>(StringComparer.Ordinal)
    {
        ["expected"] = 1, ["seen-reply"] = 2, ["assured"] = 4, ["confirmed"] = 8, ["snat"] = 16, ["dnat"] = 32, ["dying"] = 512,
    });

    /// <summary>The direction of a packet in its connection.</summary>
    public static ListedType Direction { get; } = new(1, Names: new Dictionary<string, ulong>(StringComparer.Ordinal) { ["original"] = 0, ["reply"] = 1 });

    /// <summary>RTN_*.</summary>
    public static ListedType AddressType { get; } = new(4, IsHostOrder: true, AddressTypes);

    /// <summary>A device; of nft's strings there are no numbers.</summary>
    public static ListedType Device { get; } = new(16);

    /// <summary>An IPv4 address.</summary>
    public static ListedType Ipv4 { get; } = new(4);

    /// <summary>An IPv6 address.</summary>
    public static ListedType Ipv6 { get; } = new(16);

    /// <summary>The id of a control group.</summary>
    public static ListedType ControlGroup { get; } = new(8, IsHostOrder: true);

    /// <summary>A code point that so many bits follow.</summary>
    public static ListedType CodePoint(int length, int shift) => new(length, Names: CodePoints, Shift: shift);

    /// <summary>Bits of a header that are whole bytes.</summary>
    public static ListedType Bytes(int length) => new(length);

    /// <summary>The type of a set's key or value by nft's name; null: one that we do not use.</summary>
    public static (NftablesType Kernel, ListedType Listed)? Of(string name) => name switch
    {
        "ipv4_addr" => (NftablesType.Ipv4Address, Ipv4),
        "ipv6_addr" => (NftablesType.Ipv6Address, Ipv6),
        "inet_proto" => (NftablesType.Protocol, Protocol),
        "inet_service" => (NftablesType.Service, Service),
        "mark" => (NftablesType.Mark, Word),
        "fib_addrtype" => (NftablesType.AddressType, AddressType),
        "ifname" => (NftablesType.InterfaceName, Device),
        _ => null,
    };

    /// <summary>A value as it lies in a register; null where it is none of this type.</summary>
    public EquatableArray<byte>? Read(ListedExpression value)
    {
        switch (value)
        {
            case ListedExpression.Word(var text) when ReferenceEquals(this, Device):
                // A name that ends so stands for all that begin so.
                return text.Length is 0 or > 15 || text.EndsWith('*') || text.Any(one => one is <= ' ' or > '~') ? null : [.. Encoding.ASCII.GetBytes(text.PadRight(16, '\0'))];
            case ListedExpression.Word(var text) when ReferenceEquals(this, Ipv4) || ReferenceEquals(this, Ipv6):
                return IpAddress.TryParse(text, out var address) && IpAddress.Width(address.Family) == Length * 8 ? [.. address.ToNetworkOrder()] : null;
            case ListedExpression.Word(var text) when Names is not null && Names.TryGetValue(text, out var number):
                return Bytes(number);
            case ListedExpression.Word(var text) when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                return Bytes(number);
            case ListedExpression.Number(var number) when !ReferenceEquals(this, Device):
                return Bytes(number);
            default:
                return null;
        }
    }

    /// <summary>The lowest and the highest of a value, a range or a prefix; null where it is none of this type.</summary>
    public (EquatableArray<byte> Low, EquatableArray<byte> High)? ReadRange(ListedExpression value)
    {
        switch (value)
        {
            case ListedExpression.Range(var low, var high):
                return Read(low) is { } first && Read(high) is { } last ? (first, last) : null;
            case ListedExpression.Prefix(var address, var length):
                if (Read(address) is not { } bytes || Mask(length) is not { } mask)
                {
                    return null;
                }
                return ([.. bytes.Zip(mask, (one, bits) => (byte)(one & bits))], [.. bytes.Zip(mask, (one, bits) => (byte)(one | ~bits & 0xff))]);
            default:
                return Read(value) is { } single ? (single, single) : null;
        }
    }

    /// <summary>The leading bits of a value as it lies in a register; null where there are not so many.</summary>
    public EquatableArray<byte>? Mask(int length)
    {
        var width = Length * 8;
        if (length < 0 || length > width || Shift != 0)
        {
            return null;
        }
        var mask = new byte[Length];
        for (var bit = 0; bit < length; bit++)
        {
            mask[IsHostOrder ? Length - 1 - (bit / 8) : bit / 8] |= (byte)(0x80 >> (bit % 8));
        }
        return [.. mask];
    }

    private EquatableArray<byte>? Bytes(ulong number)
    {
        if (Length < 8 && number >> ((Length * 8) - Shift) != 0)
        {
            return null;
        }
        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, (UInt128)number << Shift);
        var bytes = whole[(16 - Length)..];
        if (IsHostOrder)
        {
            bytes.Reverse();
        }
        return [.. bytes];
    }
}
