namespace Waymark.Linux.Nftables;

/// <summary>
/// One instruction of a rule, as the kernel's machine executes it. Registers are counted in words of four bytes, 0 to 15 (NFT_REG32_00 and up); a value
/// longer than a word lies in consecutive ones. Multi-byte values are in the byte order that the kernel's machine has there: packet fields big-endian,
/// marks, types and hashes in the host's.
/// </summary>
internal abstract record NftablesExpression
{
    /// <summary>The name of the set or map that it asks; null for those that ask none.</summary>
    public string? AskedSet => this switch
    {
        InSet one => one.Set,
        VerdictOf one => one.Set,
        ValueOf one => one.Set,
        _ => null,
    };

    private NftablesExpression()
    {
    }

    /// <summary>Loads a property of the packet that is not in its bytes.</summary>
    public sealed record Meta(NftablesMetaKey Key, int Register) : NftablesExpression;

    /// <summary>Stores one (the mark).</summary>
    public sealed record SetMeta(NftablesMetaKey Key, int Register) : NftablesExpression;

    /// <summary>Loads a property of the packet's connection; ends the rule where there is none (invalid, untracked), but for the state.</summary>
    public sealed record Conntrack(NftablesConntrackKey Key, int Register) : NftablesExpression;

    /// <summary>
    /// Loads the destination of the connection's packets in one direction, as it is on the wire: in the reply direction the address of this end that its peer knows. Ends the rule where there is no connection,
    /// or one of another family.
    /// </summary>
    public sealed record ConntrackDestination(bool IsV6, bool IsReply, int Register) : NftablesExpression;

    /// <summary>Stores one (the mark); does nothing where there is no connection.</summary>
    public sealed record SetConntrack(NftablesConntrackKey Key, int Register) : NftablesExpression;

    /// <summary>Loads bytes of the packet.</summary>
    public sealed record Payload(NftablesHeader From, int Offset, int Length, int Register) : NftablesExpression;

    /// <summary>Goes on only where the register compares so.</summary>
    public sealed record Compare(int Register, NftablesComparison Comparison, EquatableArray<byte> Value) : NftablesExpression;

    /// <summary>Goes on only where the register lies in the range, ends included, compared as big-endian bytes (or outside, where <paramref name="Outside"/>).</summary>
    public sealed record InRange(int Register, bool Outside, EquatableArray<byte> Low, EquatableArray<byte> High) : NftablesExpression;

    /// <summary>Register and mask, then exclusive or.</summary>
    public sealed record Bitwise(int Register, EquatableArray<byte> Mask, EquatableArray<byte> Xor) : NftablesExpression;

    /// <summary>Puts a constant into the register.</summary>
    public sealed record Constant(int Register, EquatableArray<byte> Value) : NftablesExpression;

    /// <summary>Turns a word of the host's byte order into big-endian.</summary>
    public sealed record ToBigEndian(int Register) : NftablesExpression;

    /// <summary>Goes on only where the set holds the register's value (or does not, where <paramref name="Absent"/>).</summary>
    public sealed record InSet(string Set, int Register, bool Absent) : NftablesExpression;

    /// <summary>Does what the verdict map says of the register's value; goes on where it says nothing.</summary>
    public sealed record VerdictOf(string Set, int Register) : NftablesExpression;

    /// <summary>Replaces the register's value by what the map says of it; ends the rule where it says nothing.</summary>
    public sealed record ValueOf(string Set, int Register, int Destination) : NftablesExpression;

    /// <summary>Ends the rule with a verdict.</summary>
    public sealed record Give(NftablesVerdict Verdict) : NftablesExpression;

    /// <summary>The route type (RTN_*, host byte order) of the destination address.</summary>
    public sealed record DestinationType(int Register) : NftablesExpression;

    /// <summary>Jenkins hash of <paramref name="Length"/> bytes from <paramref name="Source"/>, modulo, in host byte order.</summary>
    public sealed record Hash(int Source, int Length, int Destination, uint Modulus, uint Seed) : NftablesExpression;

    /// <summary>Translates the connection's source address to the register's.</summary>
    public sealed record SourceNat(bool IsV6, int Register) : NftablesExpression;

    /// <summary>Translates the connection's destination address to the register's.</summary>
    public sealed record DestinationNat(bool IsV6, int Register) : NftablesExpression;

    /// <summary>Answers and drops: a TCP reset, or the ICMP error "administratively prohibited" of the packet's family.</summary>
    public sealed record Reject(bool TcpReset) : NftablesExpression;

    /// <summary>The 8-byte id of the socket's control group at that level of the hierarchy, in host byte order.</summary>
    public sealed record SocketCgroup(int Level, int Register) : NftablesExpression;

    /// <summary>Whether the socket that would take the packet is bound to the wildcard address; one byte. Ends the rule where no socket would.</summary>
    public sealed record SocketIsWildcard(int Register) : NftablesExpression;

    /// <summary>Counts the packets that come by. Its count is the kernel's and not part of the value.</summary>
    public sealed record Count : NftablesExpression;

    /// <summary>Something that another program put there; never equal to what we write.</summary>
    public sealed record Foreign(string Name) : NftablesExpression;
}

/// <summary>enum nft_meta_keys.</summary>
internal enum NftablesMetaKey
{
    /// <summary>Packet mark, host byte order.</summary>
    Mark = 3,

    /// <summary>Name of the input device, 16 bytes.</summary>
    InputName = 6,

    /// <summary>Name of the output device, 16 bytes.</summary>
    OutputName = 7,

    /// <summary>User id of the socket's owner, host byte order.</summary>
    User = 10,

    /// <summary>Group id of the socket's owner, host byte order.</summary>
    Group = 11,

    /// <summary>Address family (NFPROTO_*), one byte.</summary>
    Family = 15,

    /// <summary>Transport protocol (of IPv6: after the extension headers), one byte.</summary>
    Protocol = 16,
}

/// <summary>enum nft_ct_keys.</summary>
internal enum NftablesConntrackKey
{
    /// <summary>One bit for each state, host byte order.</summary>
    State = 0,

    /// <summary>0 original, 1 reply; one byte.</summary>
    Direction = 1,

    /// <summary>Its IPS_* bits, host byte order.</summary>
    Status = 2,

    /// <summary>The connection's mark, host byte order.</summary>
    Mark = 3,
}

/// <summary>enum nft_payload_bases.</summary>
internal enum NftablesHeader
{
    /// <summary>IPv4 or IPv6 header.</summary>
    Network = 1,

    /// <summary>Transport header.</summary>
    Transport = 2,
}

/// <summary>enum nft_cmp_ops.</summary>
internal enum NftablesComparison
{
    /// <summary>Equal.</summary>
    Equal = 0,

    /// <summary>Not equal.</summary>
    NotEqual = 1,
}
