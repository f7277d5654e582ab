using System.Buffers.Binary;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Finds the element of a set that holds a value as fast as the kernel's own kinds of set do: single values by their hash, ranges of one field by binary search. Ranges of
/// several fields are searched among those whose first field is the same single value, where that field has no others.
/// </summary>
internal sealed class SetIndex
{
    private readonly NftablesSet set;
    private readonly Dictionary<UInt128, List<NftablesElement>>? byFirst;

    /// <summary>Of a set.</summary>
    public SetIndex(NftablesSet set)
    {
        this.set = set;
        var length = FirstLength;
        if (!set.IsInterval || (set.Key.Count > 1 && set.Elements.All(element => Number(element.Key, length) == Number(element.KeyEnd, length))))
        {
            byFirst = [];
            foreach (var element in set.Elements)
            {
                var first = Number(element.Key, length);
                if (!byFirst.TryGetValue(first, out var list))
                {
                    byFirst.Add(first, list = []);
                }
                list.Add(element);
            }
        }
    }

    private int FirstLength => set.Key[0].Length;

    /// <summary>The element; null where none holds the value.</summary>
    /// <param name="value">As many bytes as a key has.</param>
    public NftablesElement? Find(ReadOnlySpan<byte> value)
    {
        if (byFirst is not null)
        {
            return byFirst.TryGetValue(Number(value, FirstLength), out var list) ? Among(list, value) : null;
        }
        return set.Key.Count == 1 ? Searched(value) : Among(set.Elements, value);
    }

    private NftablesElement? Among(IEnumerable<NftablesElement> elements, ReadOnlySpan<byte> value)
    {
        foreach (var element in elements)
        {
            if (Holds(element, value))
            {
                return element;
            }
        }
        return null;
    }

    private NftablesElement? Searched(ReadOnlySpan<byte> value)
    {
        int low = 0, high = set.Elements.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (set.Elements[middle].Key.AsSpan().SequenceCompareTo(value) > 0)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }
        return high >= 0 && Holds(set.Elements[high], value) ? set.Elements[high] : null;
    }

    private bool Holds(NftablesElement element, ReadOnlySpan<byte> value)
    {
        if (!set.IsInterval)
        {
            return element.Key.AsSpan().SequenceEqual(value);
        }
        var at = 0;
        foreach (var field in set.Key)
        {
            var length = set.Key.Count == 1 ? field.Length : field.Padded;
            if (value.Slice(at, length).SequenceCompareTo(element.Key.AsSpan().Slice(at, length)) < 0 || value.Slice(at, length).SequenceCompareTo(element.KeyEnd.AsSpan().Slice(at, length)) > 0)
            {
                return false;
            }
            at += length;
        }
        return true;
    }

    private static UInt128 Number(EquatableArray<byte> key, int length) => Number(key.AsSpan(), length);

    private static UInt128 Number(ReadOnlySpan<byte> key, int length)
    {
        Span<byte> whole = stackalloc byte[16];
        whole.Clear();
        key[..Math.Min(length, whole.Length)].CopyTo(whole);
        return BinaryPrimitives.ReadUInt128BigEndian(whole);
    }
}
