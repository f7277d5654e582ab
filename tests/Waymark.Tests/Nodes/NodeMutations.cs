using Waymark.Nodes;
using Waymark.Tests.Policies.Language;

namespace Waymark.Tests.Nodes;

/// <summary>Each sample of a node file with at least ten slips.</summary>
public sealed class NodeMutations
{
    private static readonly Dictionary<string, (string Right, string Wrong)[]> Written = new()
    {
        ["node.way"] =
        [
            ("node \"van-12\";", "nod \"van-12\";"), ("label site \"home\";", "label site home;"), ("cost 4 /GB;", "cost 4 ms;"), ("bandwidth.up 6 Mbit/s;", "bandwith.up 6 Mbit/s;"),
            ("path gone { interface usb0; ignore; }", "path gone { ignore; }"), ("from interface lan0;", "from lan0;"), ("9.9.9.9, 2606", "9.9.9.999, 2606"), ("every 200 ms;", "every 200;"),
            ("half-life 15 s;", "half-live 15 s;"), ("may any;", "may all;"), ("may flows by user alice;", "may flows by usr alice;"), ("at \"Europe/Paris\"; }", "at \"Europe/Paris\" }"),
            ("node \"van-12\";", "node van-12;"),
        ],
        ["gateway/node.way"] =
        [
            ("node \"gate-1\";", "node \"gate-1;"), ("bypass fwmark 0xca6c;", "bypass mark 0xca6c;"), ("strict at boot;", "strict at boot"), ("2001:db8:1::1;", "2001:db8:1::/64;"),
            ("medium ethernet;", "medium etherned;"), ("bandwidth 500 Mbit/s;", "bandwidth 500 MB;"), ("mtu 1492 B;", "mtu;"), ("cost 6 /GB;", "cost 6 /GB, 7 /GB;"),
            ("over fibre, backup;", "over fibre backup;"), ("path guests { interface eth2; metered;", "path guests { interface eth2; meterd;"), ("down after 4;", "down 4;"),
            ("every 10 s;", "every 10 sec;"), ("probe head-office { none; }", "probe head-office { none; "), ("reuse 1000;", "reuse 5000;"), ("may set lte.rsrp, signal,", "may set lte.rsrp, signl,"), ("quota of backup;", "rtt of backup;"), ("user fleet-agent; rank 5;", "rank 5;"),
            ("{5060-5061, 16384-32767}", "{5060-5061, 16384-327670}"), ("path head-office {", "path fibre {"), ("need 1;", "need 0;"), ("masquerade;", "masquerade yes;"),
        ],
    };

    public static TheoryData<string> Samples => new(Written.Keys);

    public static TheoryData<string, int> Singles => new(Written.SelectMany(sample => Enumerable.Range(0, sample.Value.Length).Select(i => (sample.Key, i))));

    [Fact]
    public void Every_sample_has_ten_slips() => Assert.Equal(NodeLanguageTests.SampleNames, Written.Where(one => one.Value.Length >= 10).Select(one => one.Key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Singles))]
    public void A_slip_is_one_message_on_its_line(string sample, int index) => Of(sample).OneIsOneMessageOnItsLine(index);

    [Theory]
    [MemberData(nameof(Samples))]
    public void Slips_on_different_lines_are_all_found_at_once_and_bring_no_others(string sample) => Of(sample).AllAreFoundAtOnceAndBringNoOthers();

    private static Slips Of(string sample) => new(Repository.Sample(sample), Written[sample], text => NodeLanguage.Parse(text, sample).Diagnostics);
}
