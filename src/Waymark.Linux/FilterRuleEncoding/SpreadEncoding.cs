using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Policies;
using static Waymark.Linux.FilterRuleEncoding.Instructions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// A class spread over paths: what is to stay together is hashed to a slot, and each slot belongs to a path. Slots are exact keys of a map, so that weights of any
/// number of paths never overlap.
/// </summary>
internal static class SpreadEncoding
{
    private const int Attempts = 4;

    /// <summary>The name of the chain and the map of a class.</summary>
    public static string Name(IpFamily family, int @class) => $"spread{family.Digit}_{@class}";

    /// <summary>Whether a chain or map has such a name.</summary>
    public static bool IsSpread(string name) => name.StartsWith("spread", StringComparison.Ordinal);

    /// <summary>The rules of the spread's chain.</summary>
    /// <param name="per">What stays together.</param>
    /// <param name="family">Whose packets come here.</param>
    /// <param name="map">From slot to path.</param>
    /// <param name="slots">How many slots there are.</param>
    /// <param name="seed">Of the hash.</param>
    public static IEnumerable<NftablesRule> Rules(BalancePer per, IpFamily family, string map, uint slots, uint seed)
    {
        var words = family == IpFamily.V4 ? 1 : 4;
        NftablesExpression local = LayerMap.Loaded(family, isSource: true, 0), peer = LayerMap.Loaded(family, isSource: false, words);
        // A slot whose path was lost a moment ago has no element: the next hash asks for another one.
        IEnumerable<NftablesRule> Hashed(int length, params NftablesExpression[] load) =>
            Enumerable.Range(0, Attempts).Select(attempt => Rule(Family(family), load, [new Hash(0, length, 0, slots, seed + (uint)attempt), new VerdictOf(map, 0)]));
        var lost = Rule(Goto(PathChains.Dead));
        switch (per)
        {
            case BalancePer.Local:
                return [.. Hashed(words * 4, local), lost];
            case BalancePer.Flow:
                // The ports, or what a protocol without ports has in their place: the first packet's decides, the pin keeps it.
                var ports = new Payload(NftablesHeader.Transport, 0, 4, words * 2);
                return [.. Hashed((words * 8) + 4, local, peer, ports), .. Hashed(words * 8, local, peer), lost];
            default:
                return [.. Hashed(words * 8, local, peer), lost];
        }
    }
}
