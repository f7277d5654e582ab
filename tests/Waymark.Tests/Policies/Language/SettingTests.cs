using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using Waymark.Units;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Policies.Language;

/// <summary>What is said of a path from outside, as people and programs write it.</summary>
public sealed class SettingTests
{
    [Theory]
    [InlineData("lte.rsrp -97", "lte.rsrp -97")]
    [InlineData("signal -97 for 30 s", "signal -97 for 30 s")]
    [InlineData("signal -97 dBm", "signal -97")]
    [InlineData("bandwidth 20Mbit/s for 1.5 min", "bandwidth 20000000 for 90 s")]
    [InlineData("radio.busy 3 %", "radio.busy 0.03")]
    [InlineData("quota 1.5 GB", "quota 1500000000")]
    [InlineData("cost 4 /GB", "cost 4")]
    [InlineData("metered yes", "metered yes")]
    [InlineData("metered no for 1 h", "metered no for 1 h")]
    [InlineData("medium satellite", "medium satellite")]
    public void What_is_said_is_read_and_survives_the_wire(string text, string meaning)
    {
        var (setting, lasting) = PolicyLanguage.ParseSetting(text, "said", out var diagnostics)!.Value;
        Assert.Empty(diagnostics);
        Assert.Equal(meaning, $"{setting.Name} {setting.Value}{(lasting is { } time ? $" for {Unit.Print(time)}" : "")}");
        Assert.Equal([setting], CharacteristicTranslation.ToCore([CharacteristicTranslation.ToWire(setting)], out _)!.Value.AsEnumerable());
    }

    [Theory]
    [InlineData("rtt 5 ms", "said:1:1: error WAY1022: 'rtt' is not for another program to say; those are available, available.up, bandwidth, bandwidth.up, cost, medium, metered, mtu, quota, signal, and any word with a dot of your own")]
    [InlineData("rtt.p95 5 ms", "said:1:1: error WAY1022: 'rtt.p95' is not for another program to say; those are available, available.up, bandwidth, bandwidth.up, cost, medium, metered, mtu, quota, signal, and any word with a dot of your own")]
    [InlineData("rsrp -97", "said:1:1: error WAY1004: 'rsrp' is not a characteristic of paths; one of your own is a word with a dot: modem.rsrp")]
    [InlineData("bandwith 20 Mbit/s", "said:1:1: error WAY1004: 'bandwith' is not a characteristic of paths; did you mean 'bandwidth'?")]
    [InlineData("bandwidth 20 MB", "said:1:14: error WAY1007: 'MB' is a unit of an amount of data, and the value of 'bandwidth' is a bit rate; use Gbit/s, Mbit/s, kbit/s, bit/s")]
    [InlineData("bandwidth -20 Mbit/s", "said:1:11: error WAY1008: 'bandwidth' is never negative")]
    [InlineData("mtu 0", "said:1:5: error WAY1008: 'mtu' is at least 1 B")]
    [InlineData("metered perhaps", "said:1:9: error WAY0001: expected 'yes' or 'no' behind 'metered', found 'perhaps'")]
    [InlineData("medium wfi", "said:1:8: error WAY1012: 'medium' is never 'wfi'; did you mean 'wifi'?")]
    [InlineData("lte.rsrp", "said:1:9: error WAY0001: expected the value of 'lte.rsrp', found the end of the file")]
    [InlineData("lte.rsrp -97 for", "said:1:17: error WAY0001: expected the time behind 'for', found the end of the file")]
    [InlineData("lte.rsrp -97 for 0 s", "said:1:20: error WAY1008: the time behind 'for' is more than nothing; leave it out for 'until it is cleared'")]
    [InlineData("lte.rsrp -97 , 5", "said:1:14: error WAY0001: expected 'for' and a duration, or nothing more, found ','")]
    public void A_mistake_has_one_message_with_its_place_and_mend(string text, string message)
    {
        Assert.Null(PolicyLanguage.ParseSetting(text, "said", out var diagnostics));
        Assert.Equal([message], diagnostics.Select(one => one.ToString()));
    }

    [Fact]
    public void Every_mistake_of_a_call_is_named_with_its_field()
    {
        V1.CharacteristicSetting[] wires =
        [
            new() { Name = "up", Flag = true },
            new() { Name = "a.\u0000", Number = new() { Value = "1" } },
            new() { Name = "bandwidth", Number = new() { Value = "1", Unit = V1.Unit.Byte } },
            new() { Name = "quota", Number = new() { Value = "-1", Unit = V1.Unit.Byte } },
            new() { Name = "metered", Word = "yes" },
            new() { Name = "medium", Word = "tin" },
            new() { Name = "lte.rsrp" },
            new() { Name = "lte.rsrp", Number = new() { Value = "-97" } },
        ];
        Assert.Null(CharacteristicTranslation.ToCore(wires, out var diagnostics));
        Assert.Equal(
            ["settings[0].name", "settings[1].name", "settings[2].number", "settings[3].number", "settings[4].name", "settings[5].word", "settings[6]"],
            diagnostics.Select(one => one.Message[..one.Message.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Null(CharacteristicTranslation.ToCore([wires[7], wires[7]], out diagnostics));
        Assert.Equal("WAY5007", diagnostics.Single().Code);
        Assert.Null(CharacteristicTranslation.ToCore([.. Enumerable.Repeat(wires[7], CharacteristicTranslation.MostSettings + 1)], out diagnostics));
        Assert.Equal("WAY5004", diagnostics.Single().Code);
    }
}
