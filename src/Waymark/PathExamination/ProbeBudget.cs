namespace Waymark.PathExamination;

/// <summary>
/// Spends what probing a path may cost evenly over the day: a bucket that fills at a constant rate. In no 24 hours, wherever they begin, is more spent than allowed. It begins empty, so that
/// a daemon that starts again and again spends no more than one that runs. Not safe for several threads at once.
/// </summary>
/// <param name="bytesPerDay">What is allowed in any 24 hours, bytes of IP packets both ways, from 0.</param>
public sealed class ProbeBudget(long bytesPerDay)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>What the bucket holds, of a day's: half an hour's worth, for the quick rounds of some silences in a row.</summary>
    private const double BurstShare = 1 / 48.0;

    /// <summary>What rounds at rest may use of the rate; the rest fills the bucket again.</summary>
    private const double AtRest = 0.9;

    /// <summary>24 hours can begin with a full bucket, so only the rest of the day's is poured into it.</summary>
    private readonly double perSecond = bytesPerDay * (1 - BurstShare) / 86_400;
    private double filled;
    private TimeSpan? at;

    /// <summary>What is allowed in any 24 hours, bytes.</summary>
    public long BytesPerDay => bytesPerDay;

    /// <summary>Takes so many bytes, if they can be spent now; all or none.</summary>
    /// <param name="bytes">From 0.</param>
    /// <param name="now">The moment, by a clock that never steps.</param>
    public bool TryTake(int bytes, TimeSpan now)
    {
        Fill(now);
        if (bytes > filled)
        {
            return false;
        }
        filled -= bytes;
        return true;
    }

    /// <summary>When so many bytes can be spent, if nothing else is spent before; <see cref="TimeSpan.MaxValue"/>: never, for the bucket does not hold them.</summary>
    /// <param name="bytes">From 0.</param>
    /// <param name="now">The moment, by a clock that never steps.</param>
    public TimeSpan AffordableAt(int bytes, TimeSpan now)
    {
        Fill(now);
        return bytes <= filled ? now : bytes > bytesPerDay * BurstShare ? TimeSpan.MaxValue : now + TimeSpan.FromSeconds((bytes - filled) / perSecond) + TimeSpan.FromMilliseconds(1);
    }

    /// <summary>The time between rounds at rest that it can keep: <paramref name="every"/>, or longer.</summary>
    /// <param name="every">What is wanted.</param>
    /// <param name="bytesPerRound">What a round in all families together costs.</param>
    public TimeSpan Stretch(TimeSpan every, int bytesPerRound)
    {
        var least = bytesPerRound / (perSecond * AtRest);
        return least <= every.TotalSeconds ? every : least < Day.TotalSeconds ? TimeSpan.FromSeconds(least) : Day;
    }

    private void Fill(TimeSpan now)
    {
        if (at is { } before && now > before)
        {
            filled = Math.Min(bytesPerDay * BurstShare, filled + (perSecond * (now - before).TotalSeconds));
        }
        at = at > now ? at : now;
    }
}
