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
        results.Section($"Loading {Count} filter rules (ms, median of 3)");
        foreach (var isExact in new[] { true, false })
        {
            var kind = isExact ? "one address and port each" : "a prefix and a range of ports each";
            using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
            var decision = PathResolution.Decide(Worlds.World(Worlds.Policies(Count, 16, isExact), uplinks.Paths, Worlds.Known(8)));
            List<double> encodings = [], loadings = [], peers = [];
            var map = Map(decision.FilterRules, isExact);
            for (var round = 0; round < 3; round++)
            {
                EncodedRuleSet? encoded = null;
                encodings.Add(Clock.Time(() => encoded = NftablesEncoder.Encode(decision.FilterRules, uplinks.Paths, Territory.Default, EncoderOptions.Default, installer.Adopt())));
                loadings.Add(Clock.Time(() => installer.Apply(encoded!)));
                installer.Erase();
                peers.Add(Clock.Time(() => Uplinks.Run("nft", map, "-f", "-")));
                Uplinks.Run("nft", "delete table ip bench\n", "-f", "-");
            }
            var (encoding, loading, nft) = (Clock.Rank(encodings, 50), Clock.Rank(loadings, 50), Clock.Rank(peers, 50));
            results.Add($"{kind}: encode", encoding, "ms");
            results.Add($"{kind}: load", loading, "ms");
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
