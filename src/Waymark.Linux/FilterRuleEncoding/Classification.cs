using System.Security.Cryptography;
using System.Text;
using Waymark.FilterRules;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// The selectors of a rule set as chains and maps, with what they were made from. It is by far the largest part of an encoding, and changes only when policies do:
/// an encoding hands it to the next, which takes it as it is where nothing differs.
/// </summary>
/// <param name="Source">What it was made from.</param>
/// <param name="Chains">The chains.</param>
/// <param name="Maps">The maps, their elements in order.</param>
/// <param name="Refused">What could not be encoded.</param>
/// <param name="Digest">Of chains and maps: another one is another generation.</param>
internal sealed record Classification(
    ClassificationSource Source, EquatableArray<NftablesChain> Chains, EquatableArray<NftablesSet> Maps, EquatableArray<RefusedRule> Refused, string Digest)
{
    /// <summary>That of <paramref name="source"/>; <paramref name="previous"/> itself where it was made from the same.</summary>
    public static Classification Of(ClassificationSource source, Classification? previous)
    {
        if (previous?.Source == source)
        {
            return previous;
        }
        var territory = source.Territory;
        var encoding = new ClassificationEncoding(new Dictionary<string, ulong>(source.Cgroups, StringComparer.Ordinal), territory, source.MostLayers, new(previous?.Maps ?? []));
        var reset = Instructions.Rule(Instructions.SetCtMark(territory.CtClassMask, 0));
        var chains = encoding.Encode(source.Rules.Where(rule => ClassBindings.Fits(rule.Class, territory)), reset, source.IsForwarding).ToEquatableArray();
        return new(source, chains, encoding.Sets.ToEquatableArray(), encoding.Refused.ToEquatableArray(), DigestOf(chains, encoding.Sets));
    }

    private static string DigestOf(EquatableArray<NftablesChain> chains, IEnumerable<NftablesSet> maps)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var chain in chains)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(chain.ToString()));
        }
        foreach (var map in maps)
        {
            // The name of an interval map says what is in it.
            hash.AppendData(Encoding.UTF8.GetBytes(map.IsInterval ? map.Name : map.Name + ClassificationEncoding.Digest(map)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }
}

/// <summary>All that a classification depends on.</summary>
/// <param name="Rules">The rules, in order of precedence.</param>
/// <param name="Territory">Which numbers are ours.</param>
/// <param name="IsForwarding">Whether there are hosts behind this node.</param>
/// <param name="Cgroups">Ids of control groups.</param>
/// <param name="MostLayers">With more lookups in a row than this, rules are searched field by field.</param>
internal sealed record ClassificationSource(
    EquatableArray<FilterRule> Rules, Territory Territory, bool IsForwarding, EquatableArray<KeyValuePair<string, ulong>> Cgroups, int MostLayers);
