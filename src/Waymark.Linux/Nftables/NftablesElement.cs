namespace Waymark.Linux.Nftables;

/// <summary>One element of a set or map.</summary>
/// <param name="Key">Its key, or the lowest of its range; of several parts, each padded to whole words.</param>
/// <param name="KeyEnd">The highest of its range, in every part; empty where the key is one value.</param>
/// <param name="Verdict">Of a verdict map: where packets go.</param>
/// <param name="Value">Of another map: the value; empty else.</param>
/// <param name="EndsAt">When it ends by itself; null: never.</param>
internal sealed record NftablesElement(EquatableArray<byte> Key, EquatableArray<byte> KeyEnd, NftablesVerdict? Verdict, EquatableArray<byte> Value, DateTimeOffset? EndsAt = null)
    : IComparable<NftablesElement>
{
    /// <summary>By key, then by the end of the range, as bytes.</summary>
    public int CompareTo(NftablesElement? other) =>
        other is null ? 1 : Key.AsSpan().SequenceCompareTo(other.Key.AsSpan()) is var order and not 0 ? order : KeyEnd.AsSpan().SequenceCompareTo(other.KeyEnd.AsSpan());
}
