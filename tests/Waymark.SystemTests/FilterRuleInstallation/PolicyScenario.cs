using System.Globalization;
using CsCheck;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Who asks for what, as text; what the uplinks are like, twice; and which packets are sent, by the seed.</summary>
internal sealed record PolicyScenario(string[] Requesters, UplinkQuality[] Before, UplinkQuality[] After, int Seed)
{
    private static readonly string[] Names = ["admin", "app", "guest"];

    private static readonly Gen<string> Ports = One("22", "80", "0-21", "443", "1024-65535", "{22, 80, 8000-8080}", "65535");

    private static readonly Gen<string> Wish = One(
        "prefer lowest delay", "prefer highest bandwidth", "prefer lowest cost, lowest delay", "balance", "balance by bandwidth", "balance per flow", "balance by bandwidth per local",
        "require delay < 50 ms", "require delay < 50 ms prefer lowest cost", "require loss < 1 % else drop", "require delay < 30 ms else default", "require delay < 20 ms else closest",
        "require bandwidth > 20 Mbit/s else require delay < 100 ms prefer lowest cost else drop", "require delay < 80 ms balance by bandwidth per flow else drop",
        "require medium = wifi else lowest delay", "require delay < 50 ms prefer highest bandwidth else drop");

    private static readonly Gen<string> Action = Gen.Frequency(
        (2, Gen.Const("drop")),
        (2, Gen.Const("default")),
        (14, Gen.Select(Wish, One("", "", "", " established keep", " established move", " established cut"), (wish, established) => wish + established)));

    /// <summary>What narrows a flow: wide ones hide what comes after them.</summary>
    private static readonly Gen<string> Extra = One("", " dscp 8", " dscp ef", " dscp {10, 46-63}", " dscp 0-7", " by user \"1000\"", " by user \"0\"", " by group \"100\"", " from interface l0", " started here",
        " started forwarded", " not (peer port 80)", " not (udp local port 0-1023, dscp 8)", " not (by user \"0\")");

    private static readonly Gen<string> Flows = Gen.Frequency(
        (1, Gen.Select(One("web", "ssh"), Extra, (name, extra) => name + extra)),
        (1, Flow("")),
        (3, Flow("ip4")),
        (3, Flow("ip6")),
        (2, Gen.Select(Flow("ip4"), Flow("ip6"), (v4, v6) => $"{v4}, {v6}")));

    private static readonly Gen<string> Policy = Gen.Select(Flows, Action, One("", "", "", "", "3", "7"), (flows, action, priority) =>
        priority.Length == 0 ? $"{flows} {action};" : $"rule NAME priority {priority} when always {{ {flows} {action}; }}");

    private static readonly Gen<UplinkQuality> Quality = Gen.Select(One(10, 25, 45, 70, 120), One(0, 0.002, 0.02), One(5, 25, 100),
        One(0, 1, 5), One("wifi", "cellular"), (delay, loss, bandwidth, cost, medium) => new UplinkQuality(delay, loss, bandwidth, cost, medium));

    /// <summary>All of them.</summary>
    public static readonly Gen<PolicyScenario> Samples = Gen.Select(Policy.Array[1, 5].Array[1, 3], Quality.Array[3], Quality.Array[3], Gen.Int[0, 1_000_000],
        (policies, before, after, seed) => new PolicyScenario([.. policies.Select(Text)], before, after, seed));

    /// <summary>The sets; the requester named last in the alphabet goes first.</summary>
    public IReadOnlyList<AcceptedPolicySet> Sets(DateTimeOffset now) => [.. Requesters.Select((text, i) =>
    {
        var parse = PolicyLanguage.Parse(text, Names[i]);
        Assert.False(parse.HasErrors, $"{string.Join('\n', parse.Diagnostics)}\n{text}");
        return new AcceptedPolicySet(new(Names[i], 10 - i), "test.way", parse.Set!, now, []);
    })];

    public override string ToString() => string.Concat(Requesters.Select((text, i) => $"# requester {Names[i]}, rank {10 - i}\n{text}"))
        + $"# before: {string.Join(", ", Before.Select((one, i) => $"w{i + 1} {one}"))}\n# after: {string.Join(", ", After.Select((one, i) => $"w{i + 1} {one}"))}\n# seed {Seed}";

    private static string Text(string[] policies) => "flow web = tcp peer port {80, 443}, udp peer port 443;\n"
        + string.Concat(policies.Select((policy, i) => policy.Replace("NAME", string.Create(CultureInfo.InvariantCulture, $"r{i}"), StringComparison.Ordinal) + "\n"));

    private static Gen<T> One<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<string> Flow(string family)
    {
        var place = family switch
        {
            "ip4" => One("203.0.113.0/24", "203.0.113.0/28", "203.0.113.8/30", "203.0.113.9", "198.51.100.0/24", "203.0.113.9|203.0.113.64/26"),
            "ip6" => One("2001:db8:77::/48", "2001:db8:77::/124", "2001:db8:77::8/126", "2001:db8:77::9", "2001:db8:76::/47|2001:db8:7a::1"),
            _ => Gen.Const(""),
        };
        // Ports of an end, where the protocol may have some.
        Gen<string> End(string word, bool hasPorts) => Gen.Select(Gen.Int[0, 3], place, Ports, (pick, where, ports) =>
            (pick, where.Length > 0) switch
            {
                (0, true) => $" {word} {where}",
                (1, true) when hasPorts => $" {word} {where} port {ports}",
                (2, _) when hasPorts => $" {word} port {ports}",
                _ => "",
            });
        var protocol = Gen.OneOf(
            One((" tcp", true), (" udp", true), (" sctp", true), (" udplite", true), (" dccp", false), (" any", true)),
            Gen.Select(One(" tcp", " udp", ""), Ports, (name, ports) => ($"{name} port {ports}", false)),
            One((" icmp", false), (" icmp type 8-13", false), (" icmp type 128 code 0-1", false), (" esp", false), (" esp spi {7, 100-200}", false), (" ah spi 5-9", false),
                (" ipsec", false), (" proto 47-50", false), (" proto {6, 17}", false), (" proto 132-253", false)));
        var extra = family == "ip6" ? Gen.Frequency((1, Gen.Const(" label 7-9")), (8, Extra)) : Extra;
        return Gen.Frequency((1, Gen.Const((" any", true))), (3, protocol)).SelectMany(one =>
            Gen.Select(End("local", one.Item2), End("peer", one.Item2), extra, (local, peer, more) => $"{family}{one.Item1}{local}{peer}{more}".Trim()));
    }
}

/// <summary>What is measured of an uplink: ms, ratio, Mbit/s, money a GB.</summary>
internal sealed record UplinkQuality(int Delay, double Loss, int Bandwidth, int Cost, string Medium)
{
    /// <summary>The same as the decision takes it, of an uplink that is up.</summary>
    public PathCharacteristics Of(PathId path, DateTimeOffset now) => PathCharacteristics.Of(path, new (string Name, CharacteristicValue Value)[]
    {
        (PathCharacteristics.Up4, CharacteristicValue.Of(true)),
        (PathCharacteristics.Up6, CharacteristicValue.Of(true)),
        ("delay", CharacteristicValue.Of(Delay / 1000.0)),
        ("loss", CharacteristicValue.Of(Loss)),
        ("bandwidth", CharacteristicValue.Of(Bandwidth * 1e6)),
        ("cost", CharacteristicValue.Of(Cost)),
        ("medium", CharacteristicValue.Of(Medium)),
    }.Select(one => KeyValuePair.Create(one.Name, new Measured(one.Value, now, 5, "test"))));
}
