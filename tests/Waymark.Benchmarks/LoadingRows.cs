using Waymark.Flows;
using Waymark.FilterRules;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.PathDecision;

namespace Waymark.Benchmarks;

/// <summary>Bringing 100,000 filter rules into the kernel, beside <c>nft -f</c> of one map with the same elements.</summary>
internal static class LoadingRows
{
    private const int Count = 100_000;

    public static void Add(Results results)
    {
        using var uplinks = new Uplinks(8);
        results.Section($"Loading {Count} filter rules (ms)");
        foreach (var isExact in new[] { true, false })
        {
            var kind = isExact ? "one address and port each" : "a prefix and a range of ports each";
            using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
            var decision = PathResolution.Decide(Worlds.World(Worlds.Policies(Count, 16, isExact), uplinks.Paths, Worlds.Known(8)));
            EncodedRuleSet? encoded = null;
            var encoding = Clock.Time(() => encoded = NftablesEncoder.Encode(decision.FilterRules, uplinks.Paths, Territory.Default, EncoderOptions.Default, installer.Adopt()));
            var loading = Clock.Time(() => installer.Apply(encoded!));
            installer.Erase();
            results.Add($"{kind}: encode", encoding, "ms");
            results.Add($"{kind}: load", loading, "ms");
            var nft = Clock.Time(() => Uplinks.Run("nft", Map(decision.FilterRules, isExact), "-f", "-"));
            Uplinks.Run("nft", "delete table ip bench\n", "-f", "-");
            results.Add($"{kind}: for comparison, nft -f", nft, "ms");
            results.Add($"{kind}: encode and load, beside nft -f", (encoding + loading) / nft, "x", "below 1");
        }
    }

    private static string Map(FilterRuleSet rules, bool isExact) =>
        $"table ip bench {{\nmap m {{\ntype ipv4_addr . inet_service : verdict;{(isExact ? "" : " flags interval;")}\nelements = {{"
        + string.Join(",", rules.Rules.Select(rule =>
        {
            var box = rule.Selector.Boxes[0];
            return isExact ? $"{new IpAddress(IpFamily.V4, Low(box.Peer))} . {Low(box.PeerPort)} : accept" : $"{new IpPrefix(new(IpFamily.V4, Low(box.Peer)), 29)} . {Low(box.PeerPort)}-2000 : accept";
        })) + "}\n}\n}\n";

    private static UInt128 Low(RangeSet? set) => set!.Ranges[0].Low;
}
