namespace Waymark.PathExamination.Stamp;

/// <summary>How many packets may be answered: so many a second, and a burst of saved ones (token bucket).</summary>
/// <param name="perSecond">Packets a second, above zero.</param>
/// <param name="burst">The most that is saved, from 1.</param>
internal sealed class ReflectorAllowance(double perSecond, double burst)
{
    private double spent;
    private TimeSpan last;

    /// <summary>Takes one; false where none is left.</summary>
    /// <param name="now">By a monotonic clock.</param>
    public bool TryTake(TimeSpan now)
    {
        spent = Math.Max(0, spent - ((now - last).TotalSeconds * perSecond));
        last = now;
        if (spent > burst - 1)
        {
            return false;
        }
        spent++;
        return true;
    }
}
