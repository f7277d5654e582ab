using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>What a register of the kernel's machine holds, for all packets of a region at once.</summary>
internal abstract record Term
{
    private Term()
    {
    }

    /// <summary>The same bytes for all.</summary>
    /// <param name="Bytes">The bytes.</param>
    /// <param name="From">The mark that it was loaded from; null: none.</param>
    /// <param name="Touched">The bits that are no longer those of that mark.</param>
    public sealed record Constant(EquatableArray<byte> Bytes, MarkOrigin? From = null, uint Touched = 0) : Term;

    /// <summary>Bytes of a header that no mask has been laid on yet: which field they are may depend on it.</summary>
    public sealed record Header(NftablesHeader From, int Offset, int Length) : Term;

    /// <summary>A field of the packet.</summary>
    public sealed record Seen(FieldSlice Slice) : Term;

    /// <summary>The id of the socket's control group at a level.</summary>
    public sealed record Cgroup(int Level) : Term;

    /// <summary>A number below the modulus, by a hash of what is named: any of them, for some packet.</summary>
    public sealed record Slot(uint Modulus, string Of) : Term;

    /// <summary>Something of the packet that no selector speaks of.</summary>
    public sealed record Unseen(int Length) : Term;
}

/// <summary>Which mark a value was loaded from.</summary>
internal enum MarkOrigin
{
    /// <summary>The packet's.</summary>
    Packet,

    /// <summary>Its connection's.</summary>
    Connection,
}
