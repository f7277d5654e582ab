using Waymark.Lab;
using Waymark.Lab.Topologies;

namespace Waymark.Tests.Lab;

public sealed class LabLanguageTests
{
    private const string Start = "node car;\nuplink lte { interface wwan0; address 10.12.0.10/24; gateway 10.12.0.1; }\n";

    [Fact]
    public void The_lab_without_a_file_is_the_sample()
    {
        var sample = LabLanguage.Load(System.IO.Path.Combine(Repository.Root, "samples", "commuter.lab"));
        Assert.Equal(Topology.Commuter, sample);
        Assert.Equal(["van", "host", "wifi-isp", "lte-isp", "sat-isp", "internet"], sample.Nodes.Select(node => node.Name));
        var wifi = sample.Links[0];
        Assert.Equal((20_000_000, 50_000_000), (wifi.Up.Rate, wifi.Down.Rate));
        Assert.Equal((8, 2), (wifi.Down.Delay.TotalMilliseconds, wifi.Up.Jitter.TotalMilliseconds));
        Assert.Contains("default via 10.12.0.1 dev wwan0 metric 200", sample.Nodes[0].Routes);
    }

    [Theory]
    [InlineData("uplnk sat { }", 3, 1, "did you mean 'uplink'?")]
    [InlineData("uplink lte { interface usb0; address 10.1.0.2/24; }", 3, 8, "choose another name")]
    [InlineData("uplink sat { interface wwan0; address 10.1.0.2/24; }", 3, 24, "choose another name")]
    [InlineData("uplink sat { interface usb0; address 10.1.0.2; }", 3, 38, "10.1.0.2/24")]
    [InlineData("uplink sat { interface usb0; address 10.1.0.2/24; gateway 10.2.0.1; }", 3, 59, "choose another address of that network")]
    [InlineData("uplink sat { interface usb0; address 10.12.0.9/24; }", 3, 1, "add 'masquerade;' to one of them")]
    [InlineData("uplink sat { address 10.1.0.2/24; }", 3, 1, "add 'interface DEVICE;'")]
    [InlineData("server s { address 203.0.113.7/24; }", 3, 20, "write 203.0.113.7")]
    [InlineData("server s { address 203.0.113.7; behind ltt; }", 3, 40, "did you mean 'lte'?")]
    [InlineData("uplink sat { delay 61 s; }", 3, 20, null)]
    [InlineData("uplink sat { loss 120 %; }", 3, 19, null)]
    [InlineData("uplink sat { rate 5 ms; }", 3, 21, "use Gbit/s, Mbit/s, kbit/s, bit/s")]
    public void A_mistake_has_its_place_and_its_mend(string statement, int line, int column, string? mend)
    {
        var parse = LabLanguage.Parse(Start + statement, "t.lab");
        Assert.Null(parse.File);
        var one = parse.Diagnostics[0];
        Assert.Equal((line, column, mend), (one.Line, one.Column, one.Mend));
    }

    [Fact]
    public void Without_a_gateway_an_uplink_is_point_to_point()
    {
        var link = LabLanguage.Parse("node car; uplink ppp { interface ppp0; address 10.12.0.10/24; }", "t").File!.ToTopology("t").Links[0];
        Assert.True(link.IsPointToPoint);
        Assert.Equal("10.12.0.10/32", Assert.Single(link.A.Addresses));
    }

    [Theory]
    [InlineData("server a { address 203.0.113.7; } server b { address 198.51.100.1; }", "203.0.113.7")]
    [InlineData("uplink sat { interface sat0; address 10.13.0.2/24; gateway 10.13.0.1; metric 5; } server a { address 203.0.113.7; behind lte; } server b { address 198.51.100.1; }", "198.51.100.1")]
    [InlineData("uplink sat { interface sat0; address 10.13.0.2/24; gateway 10.13.0.1; } server a { address 203.0.113.7; behind sat; }", null)]
    [InlineData("uplink six { interface six0; address 2001:db8:6::2/64; gateway 2001:db8:6::1; } server a { address 203.0.113.7, 2001:db8:cafe::7; behind six; }", "2001:db8:cafe::7")]
    [InlineData("", null)]
    public void What_to_try_first_is_a_server_behind_the_first_uplink_of_its_family(string statements, string? nearest) =>
        Assert.Equal(nearest, LabLanguage.ToTopology(Start + statements, "t.lab").Nearest?.ToString());

    [Fact]
    public void A_file_that_is_no_text_or_not_there_is_refused_with_its_place()
    {
        var file = System.IO.Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllBytes(file, [.. "node car;\nuplink "u8, 0xff, .. "lte;"u8]);
            var refused = Assert.Throws<LabException>(() => LabLanguage.Load(file));
            Assert.True(refused.IsInput);
            Assert.Contains($"{file}:2:8: ", refused.Message, StringComparison.Ordinal);
            Assert.Contains("save the file as UTF-8", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            System.IO.File.Delete(file);
        }
        Assert.Contains("the lab file cannot be read", Assert.Throws<LabException>(() => LabLanguage.Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_canonical_form_keeps_remarks_and_meaning_and_is_its_own()
    {
        const string Untidy = """
            # A car.
            node    car;


            uplink dsl { interface "eth1"; address 192.168.1.20/24 , 2001:DB8::2/64; gateway 192.168.1.1,2001:db8:0::1;
              delay 1000 ms; up { rate 5000 kbit/s; loss 0.50 %; } masquerade; }   # at home
            server web { address 203.0.113.7; behind dsl; }
            """;
        var tidy = LabLanguage.Format(Untidy, "t.lab")!;
        Assert.Equal(LabLanguage.Parse(Untidy, "t.lab").File, LabLanguage.Parse(tidy, "t.lab").File);
        Assert.Equal(tidy, LabLanguage.Format(tidy, "t.lab"));
        Assert.Equal("""
            # A car.
            node car;

            uplink dsl {
              interface eth1;
              address 192.168.1.20/24, 2001:db8::2/64;
              gateway 192.168.1.1, 2001:db8::1;
              delay 1 s;
              up { rate 5 Mbit/s; loss 0.5 %; }
              masquerade;
            }  # at home
            server web { address 203.0.113.7; behind dsl; }

            """, tidy);
        Assert.Null(LabLanguage.Format("node;", "t.lab"));
        var sample = System.IO.File.ReadAllText(System.IO.Path.Combine(Repository.Root, "samples", "commuter.lab"));
        Assert.Equal(sample, LabLanguage.Format(sample, "commuter.lab"));
    }
}
