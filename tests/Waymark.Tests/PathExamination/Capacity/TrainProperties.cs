using CsCheck;
using Waymark.PathExamination.Capacity;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination.Capacity;

/// <summary>Trains over a model of two links: each packet leaves a link when the one before has and its own bits have passed.</summary>
public sealed class TrainProperties
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly Gen<double> Megabits = Gen.Double[1, 100];

    [Fact]
    public void The_way_there_is_what_the_narrower_link_carries_whatever_the_delay_and_the_clocks() =>
        Gen.Select(Megabits, Megabits, Gen.Double[0, 300], Gen.Double[-1e6, 1e6]).Sample((up, down, delay, offset) =>
        {
            var found = Of(Train(up * 1e6, down * 1e6, delay, offset))!;
            Assert.Equal(1, found.Forward / (up * 1e6), 2);
            if (down < up / 1.2)
            {
                Assert.Equal(1, found.Backward / (down * 1e6), 2);
                Assert.False(found.IsBackwardBound);
            }
            else if (down > up)
            {
                // Replies come no faster than the requests: the way back carries at least that.
                Assert.Equal(1, found.Backward / (up * 1e6), 2);
                Assert.True(found.IsBackwardBound);
            }
        });

    [Fact]
    public void A_few_packets_that_were_read_late_move_it_little() =>
        Gen.Select(Gen.Double[2, 50], Gen.Int[1, 18], Gen.Int[1, 18], Gen.Double[0, 0.9]).Sample((up, first, second, gaps) =>
        {
            var train = Train(up * 1e6, 1e9, 20, 0);
            var late = TimeSpan.FromSeconds(gaps * 9600 / (up * 1e6));
            var packets = train.Packets.Select((one, i) => i == first || i == second ? one with { Reached = one.Reached + late } : one).ToEquatableArray();
            Assert.InRange(Of(train with { Packets = packets })!.Forward / (up * 1e6), 0.95, 1.05);
        });

    [Fact]
    public void A_train_that_is_sent_more_slowly_than_the_link_carries_tells_nothing() =>
        Gen.Select(Gen.Double[2, 50], Gen.Double[1.05, 3]).Sample((up, slower) => Of(Train(up * 1e6, 1e9, 20, 0, sendingGap: slower * 9600 / (up * 1e6))) is null);

    [Fact]
    public void A_train_whose_packets_overtake_each_other_or_were_parted_tells_nothing()
    {
        var train = Train(10e6, 10e6, 20, 0);
        var packets = train.Packets.ToArray();
        (packets[5], packets[6]) = (packets[5] with { Reached = packets[6].Reached }, packets[6] with { Reached = packets[5].Reached });
        Assert.Null(Of(train with { Packets = packets.ToEquatableArray() }));
        packets = train.Packets.Select((one, i) => i < 10 ? one : one with { Reached = one.Reached + TimeSpan.FromMilliseconds(20), Arrived = one.Arrived + TimeSpan.FromMilliseconds(20) }).ToArray();
        Assert.Null(Of(train with { Packets = packets.ToEquatableArray() }));
        Assert.Null(Of(train with { Packets = train.Packets.Take(4).ToEquatableArray() }));
    }

    [Fact]
    public void Whatever_a_reflector_says_a_capacity_is_a_number_above_zero() =>
        Gen.Select(Gen.Long[-10_000_000, 10_000_000], Gen.Long, Gen.Long[0, 10_000_000], (a, b, c) => new TrainPacket((int)(c % 30), TimeSpan.FromTicks(c), TimeSpan.FromTicks(b / 4), TimeSpan.FromTicks(a), TimeSpan.FromTicks(c + Math.Abs(a)))).Array[0, 30]
            .Sample(packets =>
            {
                if (Of(new(1200, packets.ToEquatableArray())) is { } found)
                {
                    Assert.True(double.IsFinite(found.Forward) && found.Forward > 0 && double.IsFinite(found.Backward) && found.Backward > 0);
                }
            });

    [Fact]
    public void One_odd_train_among_several_moves_nothing_and_widens_the_error()
    {
        var estimator = new CapacityEstimator();
        Assert.Empty(estimator.Values());
        for (var i = 0; i < 4; i++)
        {
            Assert.True(estimator.Add(Train(20e6, 5e6, 20, 0), Start.AddMinutes(i)));
        }
        Assert.False(estimator.Add(new(1200, []), Start.AddMinutes(5)));
        Assert.Equal(0, Up().StandardError!.Value, 3);
        Assert.True(estimator.Add(Train(4e6, 4e6, 20, 0), Start.AddMinutes(6)));
        var up = Up();
        Assert.Equal((20, 5, "train", Start.AddMinutes(6), false), (Math.Round(up.Value.Number / 1e6, 3), up.Samples, up.Source, up.At, up.IsEstimated));
        Assert.True(up.StandardError > 1e6);
        var down = estimator.Values().Single(one => one.Key == "bandwidth").Value;
        Assert.Equal((5, false), (Math.Round(down.Value.Number / 1e6, 3), down.IsEstimated));

        Measured Up() => estimator.Values().Single(one => one.Key == "bandwidth.up").Value;
    }

    [Fact]
    public void What_is_lost_before_or_behind_the_narrowest_link_moves_nothing() =>
        Gen.Select(Gen.Double[2, 50], Gen.Bool, Gen.Bool.Array[PacketTrain.UsualPackets]).Sample((up, isBefore, isLost) =>
        {
            // Whatever was lost, a few neighbours were not.
            isLost.AsSpan(0, 5).Clear();
            var whole = isBefore ? Train(up * 1e6, 1e9, 20, 0, isLost: isLost) : Train(up * 1e6, 1e9, 20, 0);
            var left = whole with { Packets = whole.Packets.Where(one => !isLost[one.Number]).ToEquatableArray() };
            Assert.Equal(1, Of(left)!.Forward / (up * 1e6), 2);
        });

    [Fact]
    public void A_jitter_that_keeps_the_order_is_told_from_the_links_rate_by_longer_trains() =>
        // Up to the whole time of a short train; uniform, as of the emulated links.
        Gen.Select(Gen.Double[5, 50], Gen.Double[0.1, 1], Gen.Double[0, 1].Array[PacketTrain.MostPackets].Array[CapacityEstimator.Most]).Sample((up, share, late) =>
        {
            var (estimator, jitter) = (new CapacityEstimator(), share * PacketTrain.UsualPackets * 9600 / (up * 1e6));
            foreach (var one in late)
            {
                estimator.Add(Train(up * 1e6, 1e9, 20, 0, late: Array.ConvertAll(one, part => part * jitter), count: PacketTrain.MostPackets), Start);
            }
            Assert.InRange(estimator.Values().First().Value.Value.Number / (up * 1e6), 0.9, 1.1);
        }, iter: 200);

    /// <summary>The relay of the lab: jitter of 10 ms there and back, where twenty packets take 2 ms. The sixth train is the third that is long enough.</summary>
    [Fact]
    public void A_jitter_longer_than_the_first_trains_is_told_from_the_links_rate_in_both_directions_by_the_sixth()
    {
        const int Paths = 200;
        const double Rate = 100e6;
        var (random, good) = (new Random(5), (Up: 0, Down: 0));
        for (var path = 0; path < Paths; path++)
        {
            var estimator = new CapacityEstimator();
            for (var i = 0; i < 6; i++)
            {
                estimator.Add(Train(Rate, Rate, 20, 0, late: Late(), lateBack: Late(), count: estimator.NextPackets), Start);
            }
            var values = estimator.Values().ToDictionary(one => one.Key, one => one.Value.Value.Number / Rate);
            good = (good.Up + (values["bandwidth.up"] is > 0.9 and < 1.1 ? 1 : 0), good.Down + (values["bandwidth"] is > 0.9 and < 1.1 ? 1 : 0));
        }
        Assert.True(good is { Up: >= Paths * 98 / 100, Down: >= Paths * 98 / 100 }, $"{good} of {Paths}");

        double[] Late() => [.. Enumerable.Range(0, PacketTrain.MostPackets).Select(_ => 0.010 * random.NextDouble())];
    }

    [Fact]
    public void Trains_become_longer_where_they_are_taken_apart_and_shorter_again_and_are_no_longer_than_is_fair()
    {
        var estimator = new CapacityEstimator();
        var torn = Train(100e6, 100e6, 20, 0, late: [.. Enumerable.Range(0, 20).Select(i => i < 10 ? 0.0 : 0.004)]);
        Assert.Equal([40, 80, 160, 160], Next(torn, 4));
        Assert.Equal([80, 40, 20, 20], Next(Train(100e6, 100e6, 20, 0), 4));
        // Two packets of twenty came back: losses take apart too.
        Assert.Equal([40], Next(new(1200, torn.Packets.Take(2).ToEquatableArray()), 1));
        Assert.Equal([20], Next(Train(100e6, 100e6, 20, 0), 1));
        // It takes a tenth of a second already.
        Assert.Equal([20], Next(Train(2e6, 2e6, 20, 0, late: [.. Enumerable.Range(0, 20).Select(i => i < 10 ? 0.0 : 0.1)]), 1));

        int[] Next(PacketTrain train, int times) => [.. Enumerable.Range(0, times).Select(_ =>
        {
            estimator.Add(train, Start);
            return estimator.NextPackets;
        })];
    }

    private static TrainDispersion? Of(PacketTrain train) => TrainDispersion.Of(train, out _);

    private static PacketTrain Train(double up, double down, double delayMilliseconds, double offsetSeconds, double sendingGap = 1e-6, bool[]? isLost = null, double[]? late = null, double[]? lateBack = null, int count = PacketTrain.UsualPackets)
    {
        const int Bytes = 1200;
        var packets = new List<TrainPacket>();
        double upFree = 0, downFree = 0, last = 0, lastBack = 0;
        for (var i = 0; i < count; i++)
        {
            if (isLost is not null && isLost[i])
            {
                continue;
            }
            var sent = i * sendingGap;
            upFree = Math.Max(upFree, sent) + (Bytes * 8 / up);
            var reached = last = Math.Max(last, upFree + (delayMilliseconds / 1000) + (late?[i] ?? 0));
            var returned = reached + 20e-6;
            downFree = Math.Max(downFree, returned) + (Bytes * 8 / down);
            lastBack = Math.Max(lastBack, downFree + (delayMilliseconds / 1000) + (lateBack?[i] ?? 0));
            packets.Add(new(i, Seconds(sent), Seconds(reached + offsetSeconds), Seconds(returned + offsetSeconds), Seconds(lastBack)));
        }
        return new(Bytes, packets.ToEquatableArray());
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
}
