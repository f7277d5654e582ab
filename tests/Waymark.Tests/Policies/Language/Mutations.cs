using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

/// <summary>Each sample with ten slips.</summary>
public sealed class Mutations
{
    /// <summary>Each: what is written, what is written instead, on the first line that has it.</summary>
    private static readonly Dictionary<string, (string Right, string Wrong)[]> Written = new()
    {
        ["branch-office.way"] =
        [
            ("from interface br-guest", "from intrface br-guest"), ("port {873, 3260}", "port 873, 3260"), ("flow head-office = any peer 10.0.0.0/8", "flow head-office = any peer 10.0.0.0/88"),
            ("available > 5 Mbit/s", "available > 5 ms"), ("time 22:00-06:00", "time 22:61-06:00"), ("replication require encrypted prefer highest available else", "replication require encryptd prefer highest available else"),
            ("utilization < 70 %", "utilisation < 70 %"), ("established cut;", "established ct;"), ("within 0.5 /GB else drop;", "within 0.5 /GB"), ("rule days priority 20", "rule days priority twenty"),
        ],
        ["commuter.way"] =
        [
            ("udp dscp ef;", "udp dscp eff;"), ("flow shell = ssh, tcp peer port 2222;", "flow shell = sssh, tcp peer port 2222;"), ("flow backup = tcp peer port 873;", "flow backup = tcp peer prt 873;"),
            ("delay < 80 ms, jitter", "delay < 80 msec, jitter"), ("for 3 s;", "for 3;"), ("require not metered else drop;", "require not metred else drop;"), ("require loss < 20 %", "require loss 20 %"),
            ("flow voice", "flow drop"), ("backup: backup", "backup backup"), ("rest: any", "rest: 10.0.0.0/8"),
        ],
        ["ship.way"] =
        [
            ("peer domain \"grib.example.net\"", "peer domain grib.example.net"), ("from interface br-crew;", "from br-crew;"), ("port 2000-2010", "port 2010-2000"), ("up for 5 s", "up for 5"),
            ("medium = satellite and quota", "medum = satellite and quota"), ("weather prefer lowest cost;", "weather prefer lowest csot;"), ("crew drop;", "crew dorp;"), ("lifetime 30 d;", "lifetime 30 %;"),
            ("weather prefer highest bandwidth;", "wether prefer highest bandwidth;"), ("medium != satellite", "medium != sattelite"),
        ],
        ["spoke.way"] =
        [
            ("port 5060-5061", "port 5061-5060"), ("udp dscp ef;", "udp dscp eff;"), ("flow camera =", "flow camera"), ("local port 8554;", "local prt 8554;"), ("calls require delay < 80 ms", "calls require delay < 80 msec"),
            ("at peer hq require delay", "at pear hq require delay"), ("peer hq connected", "peer hq conected"), ("require loss < 5 %", "require loss < 5 ms"), ("established move;", "established mve;"), ("camera drop;", "camera dorp;"),
        ],
        ["two-providers.way"] =
        [
            ("flow calls = sip, sips", "flow calls = sip, spis"), ("count path (up) >= 2 for 10 s", "count paths (up) >= 2 for 10 s"), ("lowest jitter within 3 ms", "lowest jitter within 3 MB"),
            ("https balance by bandwidth;", "https balanced by bandwidth;"), ("any balance by bandwidth;", "any balance by bandwith;"), ("tcp peer port 8333 drop;", "tcp peer port 83333 drop;"),
            ("any default;", "any default, drop;"), ("count path (up) >= 2", "count path (up >= 2"), ("} otherwise {", "} otherwize {"), ("sips, udp dscp ef;", "sips, udp dscp;"),
        ],
        ["vpn-kill-switch.way"] =
        [
            ("udp peer 203.0.113.50", "udp peer 203.0.113.500"), ("2001:db8:50::50", "2001:db8:50::5g"), ("port 51820;", "port 51820"), ("flow tunnel-itself", "flow tunnel itself"), ("flow tunnel-itself =", "flow tunnel-itself"),
            ("require not encrypted prefer", "require not encrypted perfer"), ("lowest cost, lowest rtt;", "lowest cost lowest rtt;"), ("tunnel-itself require", "tunel-itself require"), ("require encrypted else", "require encypted else"),
            ("else drop;", "else drp;"),
        ],
    };

    public static TheoryData<string> Samples => new(Written.Keys);

    public static TheoryData<string, int> Singles => new(Written.SelectMany(sample => Enumerable.Range(0, sample.Value.Length).Select(i => (sample.Key, i))));

    [Fact]
    public void Every_sample_has_ten_slips() => Assert.Equal(PolicyLanguageTests.SampleNames, Written.Where(one => one.Value.Length >= 10).Select(one => one.Key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Singles))]
    public void A_slip_is_one_message_on_its_line(string sample, int index) => Of(sample).OneIsOneMessageOnItsLine(index);

    /// <summary>A name that is no longer defined is missed wherever it is used: that is no independent mistake.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void Slips_on_different_lines_are_all_found_at_once_and_bring_no_others(string sample) => Of(sample).AllAreFoundAtOnceAndBringNoOthers(except: "flow ");

    private static Slips Of(string sample) => new(Repository.Sample(sample), Written[sample], text => PolicyLanguage.Parse(text, sample).Diagnostics);
}
