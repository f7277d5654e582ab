using Waymark.Exchange;

namespace Waymark.Tests.Exchange;

public sealed class TokenBucketTests
{
    [Fact]
    public void As_many_as_the_burst_pass_at_once_and_then_so_many_a_second()
    {
        var clock = new StoppedClock();
        var bucket = new TokenBucket(5, 2, clock);
        int Taken() => Enumerable.Range(0, 100).Count(_ => bucket.TryTake());
        Assert.Equal(5, Taken());
        clock.Ticks += StoppedClock.Second / 2;
        Assert.Equal(1, Taken());
        clock.Ticks += 10 * StoppedClock.Second;
        Assert.Equal(5, Taken());
        bucket.GiveBack();
        Assert.Equal(1, Taken());
    }

    private sealed class StoppedClock : TimeProvider
    {
        public const long Second = 1_000_000;

        public long Ticks { get; set; }

        public override long TimestampFrequency => Second;

        public override long GetTimestamp() => Ticks;
    }
}
