using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class DegradationTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly Path Wan = new() { Id = new("ip", "wan0"), Name = "wan0", Device = "wan0", Halves = [new() { Family = IpFamily.V4, Locators = [IpAddress.Parse("192.0.2.10")] }] };
    private readonly Degradation degradation = new();

    [Fact]
    public void A_path_is_degraded_once_it_has_been_bad_for_long_enough_and_restored_once_it_has_been_good_for_longer()
    {
        // As without a node file: loss above 10 % for 5 s; below 5 % for 10 s.
        Assert.Equal("up", State(0, loss: 0));
        Assert.Equal("up", State(1, loss: 0.2));
        Assert.Equal("up", State(5, loss: 0.2));
        Assert.Equal("degraded since 6", State(6, loss: 0.2));
        // Neither bad nor good: it stays what it is.
        Assert.Equal("degraded since 6", State(30, loss: 0.07));
        Assert.Equal("degraded since 6", State(31, loss: 0.01));
        Assert.Equal("degraded since 6", State(40, loss: 0.01));
        Assert.Equal("up", State(41, loss: 0.01));
    }

    [Fact]
    public void A_break_begins_the_time_anew()
    {
        State(0, loss: 0.2);
        State(4, loss: 0.01);
        State(5, loss: 0.2);
        Assert.Equal("up", State(9, loss: 0.2));
        Assert.Equal("degraded since 10", State(10, loss: 0.2));
    }

    [Fact]
    public void A_slow_path_is_degraded_as_a_lossy_one_is()
    {
        State(0, loss: 0, rtt: 0.6);
        Assert.Equal("degraded since 5", State(5, loss: 0, rtt: 0.6));
    }

    [Fact]
    public void What_is_unknown_is_neither_and_changes_nothing()
    {
        Assert.Equal("unknown", State(0, loss: null, rtt: null));
        State(1, loss: 0.2);
        State(6, loss: 0.2);
        Assert.Equal("degraded since 6", State(60, loss: null, rtt: null));
    }

    private string State(int second, double? loss, double? rtt = 0.02)
    {
        var now = Start.AddSeconds(second);
        var known = new List<KeyValuePair<string, Measured>>();
        void Know(string name, double? value)
        {
            if (value is { } number)
            {
                known.Add(new(name, new(CharacteristicValue.Of(number), now, 9, "icmp")));
            }
        }
        Know("loss", loss);
        Know("rtt", rtt);
        return degradation.Update(ProbeSettings.Default, Wan, PathCharacteristics.Of(Wan.Id, known), now) switch
        {
            null => "unknown",
            { Value.Flag: false } => "up",
            var degraded => $"degraded since {(degraded.At - Start).TotalSeconds}",
        };
    }
}
