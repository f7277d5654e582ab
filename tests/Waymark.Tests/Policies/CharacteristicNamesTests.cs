using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Policies;

public sealed class CharacteristicNamesTests
{
    [Fact]
    public void Every_place_where_a_characteristic_can_stand_is_found()
    {
        const string Text = """
            rule a when every path (loss < 1 % and not metered) and not count path (up for 3 s) >= 2 or path "lte" (lte.rsrp > 1) {
              tcp port 1 require rtt.p75 < 80 ms, medium = wifi or mtu > 1 kB prefer lowest jitter within 5 ms, encrypted
                         else balance by available;
            } otherwise {
              udp port 2 require delay.p3 < 1 s else lowest cost;
            }
            """;
        var set = Parsed(Text);
        Assert.Equal(
            "available cost delay.p3 encrypted jitter loss lte.rsrp medium metered mtu rtt.p75 up",
            string.Join(' ', CharacteristicNames.In([set])));
    }

    private static PolicySet Parsed(string text)
    {
        var parsed = PolicyLanguage.Parse(text, "test.way");
        Assert.True(parsed.Set is not null, string.Join('\n', parsed.Diagnostics));
        return parsed.Set;
    }
}
