namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// How often what others removed is put back: the first time at once, then after 1 s, doubling to a minute, so that two programs that repair the same thing do not
/// fight. A quiet quarter of an hour starts anew.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RepairLimit(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromMinutes(1), Quiet = TimeSpan.FromMinutes(15);

    private long? last;
    private TimeSpan wait;

    /// <summary>Whether a repair may be made now; if so, it counts.</summary>
    public bool TryTake()
    {
        var since = last is { } then ? time.GetElapsedTime(then) : TimeSpan.MaxValue;
        if (since < wait)
        {
            return false;
        }
        wait = since > Quiet ? First : wait * 2 < Longest ? wait * 2 : Longest;
        last = time.GetTimestamp();
        return true;
    }
}
