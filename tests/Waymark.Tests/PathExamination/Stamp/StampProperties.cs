using CsCheck;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Tests.PathExamination.Stamp;

public sealed class StampProperties
{
    private static readonly Gen<DateTimeOffset> Instant = Gen.Long[0, 200L * 365 * 24 * 3600 * 10_000_000].Select(ticks => new DateTimeOffset(1950, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(ticks));

    [Fact]
    public void The_difference_of_two_instants_is_exact_to_100_ns() =>
        Gen.Select(Instant, Gen.Long[-100L * 365 * 24 * 3600 * 10_000, 100L * 365 * 24 * 3600 * 10_000]).Sample((at, ticks) => NtpTimestamp.From(at.AddTicks(ticks)) - NtpTimestamp.From(at) == TimeSpan.FromTicks(ticks));

    [Fact]
    public void An_error_estimate_is_not_less_than_the_error_and_near_it() =>
        Gen.Double[1e-9, 1e6].Sample(seconds =>
        {
            var error = TimeSpan.FromSeconds(seconds);
            var written = ErrorEstimate.Of(true, error);
            return written is { IsSynchronized: true, IsPtp: false } && written.Error >= error && written.Error.TotalSeconds <= (error.TotalSeconds * 1.01) + 1e-6;
        });

    [Fact]
    public void A_session_gets_consecutive_numbers_whatever_others_do_and_the_table_stays_bounded() =>
        Gen.Int[0, 9].Array[1, 200].Sample(order =>
        {
            var sessions = new ReflectorSessions(most: 10);
            var next = new uint[10];
            var now = TimeSpan.Zero;
            foreach (var one in order)
            {
                now += TimeSpan.FromMilliseconds(10);
                Assert.Equal(next[one]++, sessions.Next(Id(one), now));
            }
            Assert.True(sessions.Count <= 10);
        });

    [Fact]
    public void The_session_that_was_silent_for_longest_makes_room()
    {
        var sessions = new ReflectorSessions(most: 2);
        var now = TimeSpan.Zero;
        uint? Ask(int one) => sessions.Next(Id(one), now += TimeSpan.FromSeconds(1));
        Assert.Equal([0u, 0u, 1u, 0u, 2u, 0u], new[] { Ask(1), Ask(2), Ask(1), Ask(3), Ask(1), Ask(2) }.Select(number => number!.Value));
        now += ReflectorSessions.Wait;
        Assert.Equal((0u, 1), (Ask(1), sessions.Count));
    }

    [Fact]
    public void Whoever_asks_too_much_gets_no_answer_and_others_do()
    {
        var sessions = new ReflectorSessions();
        var answered = Enumerable.Range(0, 1000).Count(_ => sessions.Next(Id(1), TimeSpan.Zero) is not null);
        Assert.Equal(200, answered);
        Assert.Equal(0u, sessions.Next(Id(2), TimeSpan.Zero));
        Assert.Equal(50, Enumerable.Range(0, 1000).Count(_ => sessions.Next(Id(1), TimeSpan.FromMilliseconds(100)) is not null));
    }

    [Fact]
    public void Losses_are_told_apart_once_the_reflector_is_seen_to_count() =>
        Gen.Select(Gen.Double[0, 0.5], Gen.Double[0, 0.5], Gen.Int[0, 1_000_000]).Sample((forward, backward, seed) =>
        {
            var random = new Random(seed);
            var count = new StampLossCount();
            uint theirs = 0;
            var (reached, returned) = (0, 0);
            var arrived = new List<uint>();
            for (var ours = 0u; ours < 80; ours++)
            {
                var isThere = random.NextDouble() >= forward;
                var isBack = isThere && random.NextDouble() >= backward;
                if (isBack)
                {
                    count.Add(ours, theirs);
                    arrived.Add(ours);
                    returned++;
                }
                theirs += isThere ? 1u : 0;
                reached += isThere ? 1 : 0;
            }
            if (count.Loss is { } loss)
            {
                // What was lost before the first reply or behind the last cannot be known.
                var sent = (int)(arrived[^1] - arrived[0] + 1);
                Assert.Equal(sent, loss.Samples);
                Assert.InRange(loss.Forward, 0, 1);
                Assert.InRange(loss.Backward, 0, 1);
                Assert.Equal(returned / (double)sent, (1 - loss.Forward) * (1 - loss.Backward), 6);
            }
            else
            {
                // No reply told that it is counted: no packet was lost on the way there before the last that came back.
                Assert.True(arrived.Count < 2 || arrived[^1] < theirs);
            }
        });

    [Fact]
    public void A_reflector_that_copies_our_numbers_tells_nothing_of_the_ways()
    {
        var count = new StampLossCount();
        for (var ours = 0u; ours < 50; ours += 3)
        {
            count.Add(ours, ours);
        }
        Assert.Null(count.Loss);
    }

    [Fact]
    public void Numbers_that_begin_anew_behind_the_last_are_no_loss()
    {
        var count = new StampLossCount();
        for (var i = -50; i < 50; i++)
        {
            count.Add(unchecked((uint)i), (uint)(1000 + i));
        }
        Assert.Equal(new DirectionalLoss(0, 0, 50), count.Loss);
    }

    [Fact]
    public void Whatever_numbers_a_reflector_makes_up_losses_stay_shares() =>
        Gen.Select(Gen.UInt[0, 300], Gen.UInt).Array[0, 300].Sample(numbers =>
        {
            var count = new StampLossCount();
            foreach (var (ours, theirs) in numbers)
            {
                count.Add(ours, theirs);
                if (count.Loss is { } loss)
                {
                    Assert.InRange(loss.Forward, 0, 1);
                    Assert.InRange(loss.Backward, 0, 1);
                }
            }
        });

    private static ReflectorSessionId Id(int number) => new(IpAddress.Parse("192.0.2.1"), 50000 + number, IpAddress.Parse("192.0.2.2"), 1);
}
