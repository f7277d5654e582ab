namespace Waymark.Linux.Nftables.Listings;

/// <summary>A listed set or map as the kernel holds it: types as numbers, elements as bytes.</summary>
internal static class SetLowering
{
    /// <summary>The set; null with the reason where something of it is not known.</summary>
    public static NftablesSet? Of(ListedObject.OfSet listed, out string reason)
    {
        reason = "";
        var key = listed.Key.Select(ListedType.Of).ToList();
        var value = listed.Value is null or "verdict" ? null : ListedType.Of(listed.Value);
        if (key.Count == 0 || key.Contains(null) || (listed.Value is not (null or "verdict") && value is null))
        {
            reason = $"has the type {(listed.Key.IsEmpty ? "that is said in another way" : string.Join(" . ", listed.Key))}{(listed.Value is { } of ? $" : {of}" : "")}";
            return null;
        }
        if (listed.Flags.FirstOrDefault(flag => flag is not ("interval" or "timeout" or "constant" or "dynamic")) is { } unknown)
        {
            reason = $"has the flag '{unknown}'";
            return null;
        }
        var isInterval = listed.Flags.Contains("interval");
        // In ranges of several fields nft takes the bytes of all of them for big-endian.
        ListedType[] types = [.. key.Select(part => isInterval && key.Count > 1 && part!.Value.Listed.IsHostOrder ? part.Value.Listed with { IsHostOrder = false } : part!.Value.Listed)];
        var elements = new List<NftablesElement>(listed.Elements.Count);
        foreach (var one in listed.Elements)
        {
            if (Element(one, types, listed.Value, value?.Listed, isInterval) is not { } element)
            {
                reason = $"has an element of another type ({one.Key})";
                return null;
            }
            elements.Add(element);
        }
        return new()
        {
            Name = listed.Name,
            Key = key.Select(part => part!.Value.Kernel).ToEquatableArray(),
            Value = listed.Value == "verdict" ? NftablesType.Verdict : value?.Kernel,
            IsInterval = isInterval,
            HasTimeouts = listed.Flags.Contains("timeout"),
            Elements = elements.Order().ToEquatableArray(),
        };
    }

    private static NftablesElement? Element(ListedElement listed, ListedType[] key, string? valueName, ListedType? value, bool isInterval)
    {
        EquatableArray<ListedExpression> parts = listed.Key is ListedExpression.Concatenation(var several) ? several : [listed.Key];
        if (parts.Count != key.Length || (valueName == "verdict") != listed.Verdict is not null || (value is null) != listed.Value is null)
        {
            return null;
        }
        List<byte> low = [], high = [];
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i].ReadRange(parts[i]) is not { } range || range.Low.AsSpan().SequenceCompareTo(range.High.AsSpan()) > 0 && !key[i].IsHostOrder)
            {
                return null;
            }
            Add(low, range.Low, key.Length > 1);
            Add(high, range.High, key.Length > 1);
        }
        if (!isInterval && !low.SequenceEqual(high))
        {
            return null;
        }
        EquatableArray<byte> answer = [];
        if (value is not null)
        {
            if (value.Read(listed.Value!) is not { } bytes)
            {
                return null;
            }
            answer = bytes;
        }
        return new(low.ToEquatableArray(), isInterval ? high.ToEquatableArray() : [], listed.Verdict, answer);
    }

    /// <summary>Parts of a key are padded to whole words.</summary>
    private static void Add(List<byte> key, EquatableArray<byte> part, bool isPadded)
    {
        key.AddRange(part);
        while (isPadded && key.Count % 4 != 0)
        {
            key.Add(0);
        }
    }
}
