using CsCheck;
using Waymark.Lab.Links;

namespace Waymark.Tests.Lab;

/// <summary>Time is a number here: ticks are microseconds.</summary>
public sealed class LinkDirectionTests
{
    private const long Second = 1_000_000;

    private static readonly byte[] Packet = new byte[1250];

    [Fact]
    public void A_packet_comes_out_when_its_delay_is_over_and_not_before()
    {
        var link = With(new() { Delay = TimeSpan.FromMilliseconds(20) });
        link.Add([1, 2, 3], 1000);
        Assert.Equal(21_000, link.NextDue);
        Assert.False(link.TryTake(20_999, out _, out _));
        Assert.True(link.TryTake(21_000, out var frame, out _));
        Assert.Equal([1, 2, 3], frame.ToArray());
        Assert.Null(link.NextDue);
    }

    [Fact]
    public void Capacity_spaces_packets_by_the_time_that_each_takes()
    {
        // 10,000 bits at 10 Mbit/s are a millisecond.
        var link = With(new() { Rate = 10_000_000 });
        var due = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            link.Add(Packet, 0);
        }
        while (link.NextDue is { } next && link.TryTake(next, out _, out _))
        {
            due.Add(next);
        }
        Assert.Equal([1000, 2000, 3000], due);
    }

    [Fact]
    public void What_would_wait_longer_than_the_queue_holds_is_dropped()
    {
        var link = With(new() { Rate = 10_000_000, Queue = TimeSpan.FromMilliseconds(5) });
        for (var i = 0; i < 10; i++)
        {
            link.Add(Packet, 0);
        }
        Assert.Equal(6, Drain(link).Count);
        Assert.Equal(new(6, 6 * 1250, 0, 4, 0), link.Counters);
    }

    [Fact]
    public void Jitter_makes_later_and_never_reorders() =>
        Gen.Select(Gen.Int, Gen.Long[0, 5000].Array[1, 50]).Sample((seed, gaps) =>
        {
            var link = new LinkDirection(seed, Second, new()) { Shape = new() { Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(8) } };
            var at = 0L;
            var sent = new List<long>();
            foreach (var gap in gaps)
            {
                sent.Add(at += gap);
                link.Add([(byte)sent.Count], at);
            }
            var taken = Drain(link);
            return taken.Select(one => one.Frame[0]).SequenceEqual(Enumerable.Range(1, gaps.Length).Select(n => (byte)n))
                && taken.Zip(sent).All(pair => pair.First.Due >= pair.Second + 10_000 && pair.First.Due <= pair.Second + 18_000 + 18_000)
                && taken.Zip(taken.Skip(1)).All(pair => pair.First.Due <= pair.Second.Due);
        });

    [Fact]
    public void The_same_seed_loses_the_same_packets_and_about_the_share_that_is_set()
    {
        List<long> Lost(int seed)
        {
            var link = new LinkDirection(seed, Second, new()) { Shape = new() { Loss = 0.1 } };
            var lost = new List<long>();
            for (var i = 0; i < 10_000; i++)
            {
                var before = link.Counters.Lost;
                link.Add(Packet.AsSpan(0, 60), i);
                if (link.Counters.Lost > before)
                {
                    lost.Add(i);
                }
            }
            return lost;
        }
        Assert.Equal(Lost(7), Lost(7));
        Assert.NotEqual(Lost(7), Lost(8));
        Assert.InRange(Lost(7).Count, 850, 1150);
    }

    [Fact]
    public void A_cut_swallows_what_flies_however_much_it_is()
    {
        var link = With(new() { Delay = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 200_000; i++)
        {
            link.Add([1], 0);
        }
        link.IsCut = true;
        Assert.False(link.TryTake(2 * Second, out _, out _));
        Assert.Equal(200_000, link.Counters.Swallowed);
        link.IsCut = false;
        link.Add([2], 2 * Second);
        Assert.True(link.TryTake(3 * Second, out var frame, out _));
        Assert.Equal([2], frame.ToArray());
    }

    private static LinkDirection With(LinkShape shape) => new(1, Second, new()) { Shape = shape };

    private static List<(long Due, byte[] Frame)> Drain(LinkDirection link)
    {
        var all = new List<(long, byte[])>();
        while (link.NextDue is { } next && link.TryTake(next, out var frame, out _))
        {
            all.Add((next, frame.ToArray()));
        }
        return all;
    }
}
