using System.Globalization;
using System.Text;
using Waymark.FilterRules;
using Waymark.Flows;

namespace Waymark.Benchmarks;

/// <summary>Rules of IPv4 prefixes, ports and protocols as others write them: one after the other, the first that matches gives the connection its class for a mark.</summary>
internal static class RulesInARow
{
    /// <summary>For <c>nft -f</c>.</summary>
    public static string Nftables(IEnumerable<FilterRule> rules)
    {
        var text = new StringBuilder("table ip bench {\nchain output {\ntype route hook output priority mangle\n");
        foreach (var rule in rules)
        {
            var box = rule.Selector.Boxes[0];
            Append(text, "ip saddr ", Prefix(box.Local));
            Append(text, "ip daddr ", Prefix(box.Peer));
            Append(text, "meta l4proto ", box.Protocol is not null ? Number(box.Protocol) : HasPorts(box) ? "{ 6, 17, 132 }" : null);
            Append(text, "th sport ", Range(box.LocalPort, '-'));
            Append(text, "th dport ", Range(box.PeerPort, '-'));
            text.Append(CultureInfo.InvariantCulture, $"ct mark set {rule.Class} accept\n");
        }
        return text.Append("}\n}\n").ToString();
    }

    /// <summary>For <c>iptables-restore</c>.</summary>
    public static string Iptables(IReadOnlyCollection<FilterRule> rules)
    {
        var text = new StringBuilder("*mangle\n");
        var classes = rules.Select(rule => rule.Class).Distinct().Order().ToList();
        foreach (var number in classes)
        {
            text.Append(CultureInfo.InvariantCulture, $":c{number} -\n-A c{number} -j CONNMARK --set-mark {number}\n");
        }
        foreach (var rule in rules)
        {
            var box = rule.Selector.Boxes[0];
            string?[] protocols = box.Protocol is not null ? [Name(Number(box.Protocol))] : HasPorts(box) ? ["tcp", "udp", "sctp"] : [null];
            foreach (var protocol in protocols)
            {
                text.Append("-A OUTPUT ");
                Append(text, "-s ", Prefix(box.Local));
                Append(text, "-d ", Prefix(box.Peer));
                Append(text, "-p ", protocol);
                Append(text, "--sport ", Range(box.LocalPort, ':'));
                Append(text, "--dport ", Range(box.PeerPort, ':'));
                text.Append(CultureInfo.InvariantCulture, $"-g c{rule.Class}\n");
            }
        }
        return text.Append("COMMIT\n").ToString();
    }

    private static void Append(StringBuilder text, string what, string? value) => text.Append(value is null ? "" : $"{what}{value} ");

    private static bool HasPorts(FlowBox box) => box.LocalPort is not null || box.PeerPort is not null;

    private static string? Prefix(RangeSet? set) =>
        set?.Ranges[0] is { } range ? new IpPrefix(new(IpFamily.V4, range.Low), 32 - (int)UInt128.Log2(range.High - range.Low + 1)).ToString() : null;

    private static string? Range(RangeSet? set, char between) => set?.Ranges[0] is { } range ? $"{range.Low}{between}{range.High}" : null;

    private static string Number(RangeSet protocol) => protocol.Ranges[0].Low.ToString(CultureInfo.InvariantCulture);

    private static string Name(string number) => number switch { "6" => "tcp", "17" => "udp", "132" => "sctp", _ => number };
}
