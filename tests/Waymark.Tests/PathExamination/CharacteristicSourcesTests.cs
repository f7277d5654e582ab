using CsCheck;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class CharacteristicSourcesTests
{
    private static readonly string[] Names = ["rtt", "bandwidth", "mtu"], Sources = ["node file", "icmp", "stamp", "connections", "link", "wireless", "traffic"];
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("20 node file", "20 node file", "45 train", "900 link", "50 traffic")]
    [InlineData("45 train", "45 train", "~900 link", "~50 traffic")]
    [InlineData("~130 wireless", "~130 wireless", "~1000 link", "~50 traffic")]
    [InlineData("~1000 link", "~1000 link", "~50 traffic")]
    [InlineData("~50 traffic", "~50 traffic")]
    [InlineData("30 icmp", "30 icmp", "~12 connections")]
    [InlineData("~12 connections", "~12 connections", "~1000 link")]
    public void The_source_that_stands_first_is_told_whatever_the_others_say(string expected, params string[] values)
    {
        Assert.Equal(expected, Told(values));
        Assert.Equal(expected, Told([.. values.Reverse()]));
    }

    [Fact]
    public void What_was_carried_goes_before_an_estimate_that_is_lower_and_before_no_measurement()
    {
        Assert.Equal("~170 traffic", Told("~130 wireless", "~170 traffic"));
        Assert.Equal("20 node file", Told("20 node file", "~170 traffic"));
        Assert.Equal("45 train", Told("45 train", "~170 traffic"));
    }

    [Fact]
    public void Of_equals_what_was_itself_measured_goes_first_and_then_the_newest()
    {
        Assert.Equal("30 icmp", Told("~10 stamp", "30 icmp"));
        var old = new Measured(CharacteristicValue.Of(1.0), Start, 1, "stamp");
        var newer = old with { Value = CharacteristicValue.Of(2.0), At = Start.AddSeconds(1) };
        Assert.Equal(newer, CharacteristicSources.Merge([new("rtt", old), new("rtt", newer)]).Single().Value);
    }

    [Fact]
    public void Each_name_is_told_once_in_whatever_order_values_come() =>
        Gen.Select(Gen.Int[0, 2].Select(one => Names[one]), Gen.Int[0, 6].Select(one => Sources[one]), Gen.Int[1, 9], Gen.Bool)
            .Select((name, source, value, isEstimated) => KeyValuePair.Create(name, Value(source, value, isEstimated))).Array[0, 12]
            .SelectMany(values => Gen.Shuffle(values).Select(shuffled => (values, shuffled)))
            .Sample(both =>
            {
                // Values of one source that differ in nothing but the number have no order.
                var distinct = both.values.DistinctBy(one => (one.Key, one.Value.Source, one.Value.IsEstimated)).ToList();
                var told = CharacteristicSources.Merge(distinct).OrderBy(one => one.Key, StringComparer.Ordinal).ToList();
                Assert.Equal(told, CharacteristicSources.Merge(both.shuffled.Where(distinct.Contains).Distinct()).OrderBy(one => one.Key, StringComparer.Ordinal));
                Assert.Equal(both.values.Select(one => one.Key).Distinct().Order(StringComparer.Ordinal), told.Select(one => one.Key));
            });

    /// <summary>Values as "45 train", with ~ before those that are estimates.</summary>
    private static string Told(params string[] values)
    {
        var told = CharacteristicSources.Merge(values.Select(text =>
        {
            var parts = text.TrimStart('~').Split(' ', 2);
            return KeyValuePair.Create("bandwidth", Value(parts[1], int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), text[0] == '~'));
        })).Single().Value;
        return $"{(told.IsEstimated ? "~" : "")}{told.Value} {told.Source}";
    }

    private static Measured Value(string source, int value, bool isEstimated) => new(CharacteristicValue.Of((double)value), Start, 0, source) { IsEstimated = isEstimated };
}
