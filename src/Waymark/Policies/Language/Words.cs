using System.Collections.Frozen;

namespace Waymark.Policies.Language;

/// <summary>The words of the policy language.</summary>
internal static class Words
{
    /// <summary>Words that no name may be unless it is quoted. Units, days and characteristics are not among them: they stand where no name can.</summary>
    public static FrozenSet<string> Reserved { get; } = new[]
    {
        "flow", "rule", "priority", "when", "otherwise", "at", "else", "established", "keep", "move", "cut", "lifetime", "ip4", "ip6", "tcp", "udp", "sctp", "dccp", "udplite",
        "port", "icmp", "type", "code", "esp", "ah", "ipsec", "spi", "proto", "any", "local", "peer", "domain", "dscp", "label", "by", "user", "group", "app", "cgroup", "from",
        "interface", "started", "here", "forwarded", "not", "drop", "default", "require", "prefer", "balance", "per", "duplicate", "lowest", "highest", "within", "for", "closest",
        "always", "every", "no", "path", "count", "time", "day", "connected", "and", "or",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What a flow can start with.</summary>
    public static FrozenSet<string> FlowStarts { get; } = new[]
    {
        "ip4", "ip6", "tcp", "udp", "sctp", "dccp", "udplite", "port", "icmp", "esp", "ah", "ipsec", "proto", "any", "local", "peer", "dscp", "label", "by", "from", "started", "not",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What an action can start with.</summary>
    public static FrozenSet<string> ActionStarts { get; } = new[] { "drop", "default", "require", "prefer", "balance", "duplicate" }.ToFrozenSet(StringComparer.Ordinal);

    public static string[] Days { get; } = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>Names of differentiated services code points (RFC 2474, 2597, 3246, 5865, 8622).</summary>
    public static FrozenDictionary<string, uint> CodePoints { get; } = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["be"] = 0, ["cs0"] = 0, ["cs1"] = 8, ["cs2"] = 16, ["cs3"] = 24, ["cs4"] = 32, ["cs5"] = 40, ["cs6"] = 48, ["cs7"] = 56,
        ["af11"] = 10, ["af12"] = 12, ["af13"] = 14, ["af21"] = 18, ["af22"] = 20, ["af23"] = 22, ["af31"] = 26, ["af32"] = 28, ["af33"] = 30, ["af41"] = 34, ["af42"] = 36, ["af43"] = 38,
        ["ef"] = 46, ["va"] = 44, ["le"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names by code point; of the two that 0 has, the one of its class (<c>cs0</c>).</summary>
    public static FrozenDictionary<uint, string> CodePointNames { get; } = CodePoints.Where(one => one.Key != "be").ToFrozenDictionary(one => one.Value, one => one.Key);
}
