using Waymark.Flows;

namespace Waymark.Linux.Verification;

/// <summary>A field of a packet that the kernel's machine can load and a selector speaks of.</summary>
internal enum SeenField
{
    /// <summary>The transport protocol.</summary>
    Protocol,

    /// <summary>The peer's address.</summary>
    Peer,

    /// <summary>This end's address.</summary>
    Local,

    /// <summary>The peer's port.</summary>
    PeerPort,

    /// <summary>This end's port.</summary>
    LocalPort,

    /// <summary>ICMP type.</summary>
    IcmpType,

    /// <summary>ICMP code.</summary>
    IcmpCode,

    /// <summary>Security parameter index.</summary>
    Spi,

    /// <summary>Code point.</summary>
    Dscp,

    /// <summary>IPv6 flow label.</summary>
    FlowLabel,

    /// <summary>User id of the socket's owner.</summary>
    User,

    /// <summary>Group id of the socket's owner.</summary>
    Group,
}

/// <summary>
/// A field as it lies in a register: <c>(value &gt;&gt; Right) &lt;&lt; Left</c>, in <paramref name="Length"/> bytes. Right is more than 0 where only the leading bits are looked at, Left where the field does
/// not end with its last byte.
/// </summary>
/// <param name="Field">Which.</param>
/// <param name="Width">Bits of the field.</param>
/// <param name="Length">Bytes in the register.</param>
/// <param name="Right">How many trailing bits are cut off.</param>
/// <param name="Left">How many bits of the register follow.</param>
/// <param name="IsHostOrder">Whether the bytes are in the host's order; else they are big-endian.</param>
internal sealed record FieldSlice(SeenField Field, int Width, int Length, int Right = 0, int Left = 0, bool IsHostOrder = false)
{
    /// <summary>All values that the field can have where a packet has it.</summary>
    public RangeSet Present => RangeSet.Of(new NumberRange(0, Ones(Width)));

    /// <summary>The slice after its register was masked; null where that leaves something else than leading bits.</summary>
    public FieldSlice? Masked(UInt128 mask)
    {
        var held = Up(Ones(Width - Right), Left);
        mask &= held;
        var cut = mask == 0 ? Width - Right : (int)UInt128.TrailingZeroCount(mask) - Left;
        return mask == Up(Ones(Width - Right - cut), Left + cut) ? this with { Right = Right + cut, Left = Left + cut } : null;
    }

    /// <summary>The values of the field with which the register lies in the range, ends included.</summary>
    public RangeSet Values(UInt128 low, UInt128 high)
    {
        // Nothing lies above the field, and what lies below it in the register is zero.
        var highest = Up(Ones(Width - Right), Left);
        if (low > highest)
        {
            return RangeSet.Empty;
        }
        var first = Down(low, Left) + ((low & Ones(Left)) == 0 ? UInt128.Zero : UInt128.One);
        var last = Down(UInt128.Min(high, highest), Left);
        return first > last ? RangeSet.Empty : RangeSet.Of(new NumberRange(Up(first, Right), Up(last, Right) | Ones(Right)));
    }

    /// <summary>The box of all packets of a family whose field has one of the values.</summary>
    public FlowBox Box(IpFamily family, RangeSet values)
    {
        var box = new FlowBox { Family = family };
        return Field switch
        {
            SeenField.Protocol => box with { Protocol = values },
            SeenField.Peer => box with { Peer = values },
            SeenField.Local => box with { Local = values },
            SeenField.PeerPort => box with { PeerPort = values },
            SeenField.LocalPort => box with { LocalPort = values },
            SeenField.IcmpType => box with { IcmpType = values },
            SeenField.IcmpCode => box with { IcmpCode = values },
            SeenField.Spi => box with { Spi = values },
            SeenField.Dscp => box with { Dscp = values },
            SeenField.FlowLabel => box with { FlowLabel = values },
            SeenField.User => box with { User = values },
            SeenField.Group => box with { Group = values },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>What a box says of the field; null: anything.</summary>
    public RangeSet? In(FlowBox box) => Field switch
    {
        SeenField.Protocol => box.Protocol,
        SeenField.Peer => box.Peer,
        SeenField.Local => box.Local,
        SeenField.PeerPort => box.PeerPort,
        SeenField.LocalPort => box.LocalPort,
        SeenField.IcmpType => box.IcmpType,
        SeenField.IcmpCode => box.IcmpCode,
        SeenField.Spi => box.Spi,
        SeenField.Dscp => box.Dscp,
        SeenField.FlowLabel => box.FlowLabel,
        SeenField.User => box.User,
        SeenField.Group => box.Group,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The box without what it says of the field.</summary>
    public FlowBox Without(FlowBox box) => Field switch
    {
        SeenField.Protocol => box with { Protocol = null },
        SeenField.Peer => box with { Peer = null },
        SeenField.Local => box with { Local = null },
        SeenField.PeerPort => box with { PeerPort = null },
        SeenField.LocalPort => box with { LocalPort = null },
        SeenField.IcmpType => box with { IcmpType = null },
        SeenField.IcmpCode => box with { IcmpCode = null },
        SeenField.Spi => box with { Spi = null },
        SeenField.Dscp => box with { Dscp = null },
        SeenField.FlowLabel => box with { FlowLabel = null },
        SeenField.User => box with { User = null },
        SeenField.Group => box with { Group = null },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The number of some bytes of the register.</summary>
    public UInt128 Number(ReadOnlySpan<byte> bytes)
    {
        UInt128 number = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            number = (number << 8) | bytes[IsHostOrder ? bytes.Length - 1 - i : i];
        }
        return number;
    }

    // A shift by the whole width of the type would be one by none.
    private static UInt128 Ones(int bits) => bits >= 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1;

    private static UInt128 Up(UInt128 value, int bits) => bits >= 128 ? 0 : value << bits;

    private static UInt128 Down(UInt128 value, int bits) => bits >= 128 ? 0 : value >> bits;
}
