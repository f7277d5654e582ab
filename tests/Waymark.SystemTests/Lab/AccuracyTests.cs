using System.Globalization;
using Waymark.Lab.Accuracy;
using Waymark.Lab.Links;

namespace Waymark.SystemTests.Lab;

/// <summary>What the examiner says of emulated links, against what those did to the same packets: a busy machine is in both.</summary>
public sealed class AccuracyTests
{
    private static readonly TimeSpan Examined = TimeSpan.FromSeconds(8);

    /// <summary>Trains come seldom, of those that lose a fifth each way few tell something, and of these what a busy machine held up tells nothing.</summary>
    private static readonly TimeSpan ExaminedByTrains = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delay_jitter_and_loss_are_what_the_links_did_to_the_probes()
    {
        var rows = await AccuracyMeasurement.OfDelaysAsync([Shape(5, 0, 0), Shape(20, 10, 0), Shape(80, 2, 0.05), Shape(80, 10, 0.2), Shape(300, 0, 0.01), Shape(300, 10, 0)], Examined, seed: 5, Cancel);
        // Six links, of which each kind of probe tells four characteristics, STAMP a fifth, and ping two.
        Assert.Equal(6 * (4 + 5 + 4 + 2), rows.Count);
        Assert.All(rows, row => Assert.True(row.IsWithin, Text(row)));
        Assert.All(rows.Where(row => row is { What: "loss", Ways.Up.Loss: 0.2 }), row => Assert.InRange(row.Truth, 0.15, 0.6));
        Assert.All(rows.Where(row => row.What == "rtt"), row => Assert.True(row.Truth >= 2 * row.Ways.Up.Delay.TotalSeconds, Text(row)));
    }

    [Fact]
    public async Task What_is_asked_of_servers_and_over_ways_that_differ_is_what_the_links_did_too()
    {
        var servers = await AccuracyMeasurement.OfServersAsync([Shape(5, 0, 0), Shape(20, 10, 0), Shape(80, 2, 0.05)], Examined, seed: 5, Cancel);
        Assert.Equal(3 * (4 + 4), servers.Count);
        Assert.All(servers, row => Assert.True(row.IsWithin, Text(row)));
        var unequal = await AccuracyMeasurement.OfDelaysAsync([new(Shape(5, 0, 0).Up, Shape(80, 10, 0.05).Up), new(Shape(80, 0, 0.05).Up, Shape(20, 2, 0).Up)], Examined, seed: 5, Cancel);
        Assert.All(unequal, row => Assert.True(row.IsWithin, Text(row)));
        // The way there, and not half of both.
        Assert.Equal([true, false], unequal.Where(row => row.What == "delay").Select(row => row.Estimate < 0.02));
    }

    [Fact]
    public async Task Capacity_is_what_the_links_carry()
    {
        var rows = await AccuracyMeasurement.OfCapacitiesAsync([Shape(20, 0, 0, 1), Shape(5, 0, 0, 5), Shape(20, 0, 0, 20), Shape(20, 0, 0.2, 1), Shape(20, 0, 0.2, 5), Shape(20, 10, 0, 100)], ExaminedByTrains, seed: 5, Cancel);
        rows = [.. rows.Where(row => row.Asker == Asker.Train)];
        Assert.Equal(12, rows.Count);
        Assert.All(rows, row => Assert.True(row.IsWithin, Text(row)));
    }

    private static LinkWays Shape(double delay, double jitter, double loss, double rate = 0) =>
        new(new LinkShape { Delay = TimeSpan.FromMilliseconds(delay), Jitter = TimeSpan.FromMilliseconds(jitter), Loss = loss, Rate = (long)(rate * 1e6) });

    private static string Text(AccuracyRow row) => string.Create(CultureInfo.InvariantCulture, $"{row.What} by {row.Asker} of {row.Ways}: {row.Truth}, estimated {row.Estimate} ({row.Samples} samples)");
}
