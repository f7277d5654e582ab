namespace Waymark.Fuzzing.Targets;

/// <summary>What texts of the language are made of.</summary>
internal static class Words
{
    public static IReadOnlyList<string> OfPolicies { get; } =
    [
        "flow ", "when ", "rule ", "otherwise ", "priority ", "policy ", "require ", "prefer ", "balance ", "duplicate", "else ", "drop", "default", "closest", "lowest ", "highest ", "within ", "for ", "established ", "keep", "move",
        "cut", "lifetime ", "at peer ", "at local", "tcp ", "udp ", "sctp ", "icmp ", "esp ", "spi ", "proto ", "port ", "local ", "peer ", "domain ", "dscp ", "label ", "by user ", "by group ", "by app ", "by cgroup ", "from interface ",
        "started here", "not (", "any ", "every ", "no ", "path ", "count path ", "time ", "day ", "connected", "always", " and ", " or ", "not ", "delay ", "jitter ", "loss ", "cost ", "bandwidth ", "quota ", "medium = ", "metered", "up",
        " ms", " s", " %", " Mbit/s", " GB", " /GB", " h", "10.0.0.0/8", "2001:db8::/32", "22:00-06:00", "mon-fri", "\"a\"", "{", "}", "(", ")", ";", ",", "|", "<", "<=", ">", ">=", "=", "!=", "-", "#", "99999999999999999999", "0x", "\\", "\\u",
    ];

    public static IReadOnlyList<string> OfNodes { get; } =
    [
        "node ", "fwmark ", "ctmark ", "table ", "priority ", "bypass ", "strict at boot", "path ", "interface ", "mac ", "driver ", "address ", "gateway ", "medium ", "bandwidth ", "bandwidth.up ", "cost ", "quota ", "resets ", "day ", "at ",
        "from ", "to ", "metered", "encrypted", "ignore", "over ", "peer ", "shared ", "label ", "mtu ", "probe-budget ", "forward ", "masquerade", "probe ", "icmp ", "stamp ", "tcp ", "http ", "dns ", "bfd ", "expect ", "every ", "need ", "down after ",
        "up after ", "hold-down ", "penalty ", "suppress ", "reuse ", "half-life ", "requester ", "user ", "certificate ", "rank ", "may any", "may flows ", "may set ", "may administer", "confirm within ", "listen ", "authority ", "crl ", "key ",
        "reflector ", "dashboard ", "metrics ", "push ", "port ", " GB", " MB / day", " /GB", " ms", " s", " Mbit/s", "\"a\"", "1.1.1.1", "2001:db8::1", "10.0.0.0/8", "{", "}", ";", ",", "0x7f000000", "27100-27199", "99999999999999999999", "#", "\\",
    ];
}
