using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>What a packet met in a rule, as people say it.</summary>
internal static class RuleText
{
    /// <summary>The text: the chain, the place of the rule in it, the element that answered, where it led.</summary>
    public static string Of(ReadTable table, string chain, int place, RuleOutcome outcome)
    {
        var element = outcome.By is { } by && table.Sets.Find(by.Set) is { } set ? $" @{by.Set} {{ {Of(set, by.Element)} }}" : "";
        var then = outcome.Verdict is { } verdict ? $" {verdict}" : outcome.Ending is not null ? " reject" : "";
        return $"chain {chain} rule {place.ToString(CultureInfo.InvariantCulture)}:{element}{(then.Length > 0 ? then : " writes a mark")}";
    }

    /// <summary>An element's key, as nft would say it.</summary>
    public static string Of(NftablesSet set, NftablesElement element)
    {
        var parts = new List<string>();
        var at = 0;
        foreach (var type in set.Key)
        {
            var length = set.Key.Count == 1 ? type.Length : type.Padded;
            if (element.Key.Count < at + type.Length)
            {
                break;
            }
            var low = Value(type, element.Key.AsSpan().Slice(at, type.Length));
            var high = element.KeyEnd.Count < at + type.Length ? low : Value(type, element.KeyEnd.AsSpan().Slice(at, type.Length));
            parts.Add(low == high ? low : $"{low}-{high}");
            at += length;
        }
        return string.Join(" . ", parts);
    }

    private static string Value(NftablesType type, ReadOnlySpan<byte> bytes) => type.Number switch
    {
        7 or 8 => IpAddress.FromNetworkOrder(bytes).ToString(),
        41 => System.Text.Encoding.ASCII.GetString(bytes.TrimEnd((byte)0)),
        19 or 38 => $"0x{BitConverter.ToUInt32(bytes):x8}",
        12 or 13 => bytes.Length == 1 ? bytes[0].ToString(CultureInfo.InvariantCulture) : ((bytes[0] << 8) | bytes[1]).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToHexStringLower(bytes),
    };
}
