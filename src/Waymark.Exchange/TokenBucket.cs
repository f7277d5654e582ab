namespace Waymark.Exchange;

/// <summary>How often somebody may do something: so many times at once, and from then on so many a second.</summary>
/// <param name="burst">How many at once; at least 1.</param>
/// <param name="perSecond">How many a second in the long run; above 0.</param>
/// <param name="time">The clock.</param>
public sealed class TokenBucket(int burst, double perSecond, TimeProvider time)
{
    private readonly Lock gate = new();
    private double tokens = burst;
    private long at = time.GetTimestamp();

    /// <summary>Whether once more is allowed now; if so it is counted.</summary>
    public bool TryTake()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            tokens = Math.Min(burst, tokens + (time.GetElapsedTime(at, now).TotalSeconds * perSecond));
            at = now;
            if (tokens < 1)
            {
                return false;
            }
            tokens--;
            return true;
        }
    }

    /// <summary>What was taken last is not counted: it was none of those that there should be few of.</summary>
    public void GiveBack()
    {
        lock (gate)
        {
            tokens = Math.Min(burst, tokens + 1);
        }
    }
}
