namespace Waymark.Lab.Links;

/// <summary>One direction of a link: packets wait here until they are due. Times are of the monotonic clock, in its ticks.</summary>
/// <param name="seed">Of losses and jitter.</param>
/// <param name="ticksPerSecond">Of the clock.</param>
/// <param name="pool">Where frames in flight lie.</param>
internal sealed class LinkDirection(int seed, long ticksPerSecond, FramePool pool)
{
    // Losses of an emulated link; nothing is kept secret by them.
#pragma warning disable CA5394
    private readonly Random random = new(seed);
#pragma warning restore CA5394
    private readonly Queue<(long Due, byte[] Buffer, int Length, long Arrived)> waiting = new();
    private byte[]? taken;
    private long freeAt;
    private long lastDue;
    private long delivered;
    private long deliveredBytes;
    private long lost;
    private long overflowed;
    private long swallowed;

    /// <summary>What it does; may be changed at any time, what is in flight stays as it was.</summary>
    public LinkShape Shape { get; set; } = LinkShape.Cable;

    /// <summary>Delay on top of the shape's, whatever the shape is changed to meanwhile.</summary>
    public TimeSpan Detour { get; set; }

    /// <summary>Whether it swallows everything.</summary>
    public bool IsCut { get; set; }

    /// <summary>What became of the packets so far.</summary>
    public DirectionCounters Counters => new(delivered, deliveredBytes, lost, overflowed, swallowed);

    /// <summary>When the next packet is due; null: none waits.</summary>
    public long? NextDue => waiting.TryPeek(out var first) ? first.Due : null;

    /// <summary>Takes a frame in; false where it is dropped at once.</summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="now">When it arrived.</param>
    public bool Add(ReadOnlySpan<byte> frame, long now)
    {
        var shape = Shape;
#pragma warning disable CA5394
        if (IsCut)
        {
            swallowed++;
            return false;
        }
        if (shape.Loss > 0 && random.NextDouble() < shape.Loss)
        {
            lost++;
            return false;
        }
        var sent = now;
        if (shape.Rate > 0)
        {
            var start = Math.Max(now, freeAt);
            if (start - now > Ticks(shape.Queue))
            {
                overflowed++;
                return false;
            }
            freeAt = start + (frame.Length * 8L * ticksPerSecond / shape.Rate);
            sent = freeAt;
        }
        var due = sent + Ticks(shape.Delay + Detour) + (shape.Jitter > TimeSpan.Zero ? (long)(random.NextDouble() * Ticks(shape.Jitter)) : 0);
#pragma warning restore CA5394
        lastDue = Math.Max(lastDue, due);
        var buffer = pool.Rent(frame.Length);
        frame.CopyTo(buffer);
        waiting.Enqueue((lastDue, buffer, frame.Length, now));
        return true;
    }

    /// <summary>The next frame that is due, good until the next call; false where none is. What was in flight when the link was cut is lost with it.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="frame">The whole frame.</param>
    /// <param name="arrived">When it was taken in.</param>
    public bool TryTake(long now, out ReadOnlySpan<byte> frame, out long arrived)
    {
        if (taken is not null)
        {
            pool.Return(taken);
            taken = null;
        }
        while (waiting.TryPeek(out var first) && first.Due <= now)
        {
            waiting.Dequeue();
            if (IsCut)
            {
                pool.Return(first.Buffer);
                swallowed++;
                continue;
            }
            delivered++;
            deliveredBytes += first.Length;
            taken = first.Buffer;
            frame = taken.AsSpan(0, first.Length);
            arrived = first.Arrived;
            return true;
        }
        frame = [];
        arrived = 0;
        return false;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * ticksPerSecond);
}
