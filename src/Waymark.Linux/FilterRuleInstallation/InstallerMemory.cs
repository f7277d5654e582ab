using System.Globalization;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Reads out of a table what its encoder remembered there, in the comments of its rules.</summary>
internal static class InstallerMemory
{
    /// <summary>What the encoding of <paramref name="table"/> left; <see cref="EncoderMemory.Empty"/> of null.</summary>
    public static EncoderMemory Of(NftablesTable? table)
    {
        var (generation, digest) = (0, "");
        var paths = new SortedDictionary<int, PathId>();
        foreach (var chain in table?.Chains ?? [])
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.Comment.StartsWith(SteeringChains.GenerationComment, StringComparison.Ordinal)
                    && rule.Comment[SteeringChains.GenerationComment.Length..].Split(' ') is [var number, var text]
                    && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var found))
                {
                    (generation, digest) = (found, text);
                }
                else if (rule.Comment.StartsWith(PathChains.PathComment, StringComparison.Ordinal) && PathId.TryParse(rule.Comment[PathChains.PathComment.Length..], out var id)
                    && int.TryParse(chain.Name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var of))
                {
                    paths[of] = id;
                }
            }
        }
        var all = paths.Count == 0 ? [] : Enumerable.Range(1, paths.Keys.Max()).Select(number => paths.GetValueOrDefault(number)).ToEquatableArray();
        return new(new(all, []), generation, digest);
    }
}
