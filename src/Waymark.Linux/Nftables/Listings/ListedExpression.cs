namespace Waymark.Linux.Nftables.Listings;

/// <summary>
/// An expression as nft lists it, in either of its forms. The word <see cref="Unknown"/> stands for what the reader does not know: whoever meets it says so, and guesses nothing.
/// </summary>
internal abstract record ListedExpression
{
    private ListedExpression()
    {
    }

    /// <summary>A number.</summary>
    public sealed record Number(ulong Value) : ListedExpression;

    /// <summary>A name, an address, a device.</summary>
    public sealed record Word(string Text) : ListedExpression;

    /// <summary>The leading bits of a value.</summary>
    public sealed record Prefix(ListedExpression First, int Length) : ListedExpression;

    /// <summary>From one value to another, ends included.</summary>
    public sealed record Range(ListedExpression Low, ListedExpression High) : ListedExpression;

    /// <summary>Flags that are named one by one.</summary>
    public sealed record Flags(EquatableArray<ListedExpression> Names) : ListedExpression;

    /// <summary>A named set or map.</summary>
    public sealed record SetName(string Name) : ListedExpression;

    /// <summary>A property of the packet that is not in its bytes, by nft's key.</summary>
    public sealed record Meta(string Key) : ListedExpression;

    /// <summary>A property of its connection; of one direction (<c>original</c>, <c>reply</c>) where that is said.</summary>
    public sealed record Connection(string Key, string? Direction) : ListedExpression;

    /// <summary>A field of a header, by nft's names.</summary>
    public sealed record Field(string Protocol, string Name) : ListedExpression;

    /// <summary>Bits of a header (<c>nh</c>, <c>th</c>) that nft has no name for.</summary>
    public sealed record Bits(string Header, int Offset, int Length) : ListedExpression;

    /// <summary>The type of the destination address (<c>fib daddr type</c>).</summary>
    public sealed record DestinationType : ListedExpression;

    /// <summary>Whether the socket that would take the packet is bound to the wildcard address.</summary>
    public sealed record SocketIsWildcard : ListedExpression;

    /// <summary>The control group of the socket, at a level.</summary>
    public sealed record ControlGroup(int Level) : ListedExpression;

    /// <summary>Several values as one key.</summary>
    public sealed record Concatenation(EquatableArray<ListedExpression> Parts) : ListedExpression;

    /// <summary>A value of 32 bits, combined with a constant: <c>&amp;</c>, <c>|</c> or <c>^</c>.</summary>
    public sealed record Combined(ListedExpression Value, char Operation, uint Constant) : ListedExpression;

    /// <summary>A hash below the modulus.</summary>
    public sealed record Hash(ListedExpression Value, uint Modulus, uint Seed) : ListedExpression;

    /// <summary>What a map says of a key.</summary>
    public sealed record Mapped(ListedExpression Key, string Map) : ListedExpression;

    /// <summary>Something else.</summary>
    /// <param name="What">As it stands there.</param>
    public sealed record Unknown(string What) : ListedExpression;

    /// <summary>As nft would write it, for people.</summary>
    public sealed override string ToString() => ListedText.Shown(this switch
    {
        Number(var value) => $"{value}",
        Word(var text) => text,
        Prefix(var first, var length) => $"{first}/{length}",
        Range(var low, var high) => $"{low}-{high}",
        Flags(var names) => string.Join(',', names),
        SetName(var name) => $"@{name}",
        Meta(var key) => $"meta {key}",
        Connection(var key, var direction) => direction is null ? $"ct {key}" : $"ct {direction} {key}",
        Field(var protocol, var name) => $"{protocol} {name}",
        Bits(var header, var offset, var length) => $"@{header},{offset},{length}",
        DestinationType => "fib daddr type",
        SocketIsWildcard => "socket wildcard",
        ControlGroup(var level) => $"socket cgroupv2 level {level}",
        Concatenation(var parts) => string.Join(" . ", parts),
        Combined(var value, var operation, var constant) => $"{value} {operation} 0x{constant:x8}",
        Hash(var value, var modulus, _) => $"jhash {value} mod {modulus}",
        Mapped(var key, var map) => $"{key} map @{map}",
        Unknown(var what) => what,
        _ => throw new System.Diagnostics.UnreachableException(),
    });
}
