using System.Globalization;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>What the reverse-path filters of path devices were before us, kept in the kernel as comments in a chain that no packet enters.</summary>
internal static class RememberedReversePath
{
    /// <summary>The value that we set: a source must be reachable by any device, not by the one that the packet came in on.</summary>
    public const int Loose = 2;

    private const string Chain = "remembered";
    private const string Prefix = "rp_filter ";

    /// <summary>Value by device.</summary>
    public static SortedDictionary<string, int> Of(NftablesTable? table)
    {
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var chain in table?.Chains ?? [])
        {
            foreach (var rule in chain.Name == Chain ? chain.Rules : [])
            {
                if (rule.Comment.StartsWith(Prefix, StringComparison.Ordinal) && rule.Comment[Prefix.Length..].Split(' ') is [var device, var text]
                    && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                {
                    found[device] = value;
                }
            }
        }
        return found;
    }

    /// <summary>The table with the chain; without it where there is nothing to remember.</summary>
    public static NftablesTable AddTo(NftablesTable table, SortedDictionary<string, int> values)
    {
        if (values.Count == 0)
        {
            return table;
        }
        var rules = values.Select(one => new NftablesRule([new NftablesExpression.Give(NftablesVerdict.Return)]) { Comment = $"{Prefix}{one.Key} {one.Value}" });
        return table with { Chains = table.Chains.Append(new(Chain, null, rules.ToEquatableArray())).OrderBy(chain => chain.Name, StringComparer.Ordinal).ToEquatableArray() };
    }
}
