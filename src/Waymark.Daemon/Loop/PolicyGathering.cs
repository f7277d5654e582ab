namespace Waymark.Daemon.Loop;

/// <summary>
/// Who has taken in other policies takes in no more for three times as long as that took, at most a second: what is asked for meanwhile is decided together. Ten thousand policies, of which two hundred are changed a second, would
/// else be gone through for each change, and leave no time to take changes in and to answer (docs/decisions/policies-gather-paths-do-not.md).
/// </summary>
/// <param name="pace">By what it is measured how long work takes: not the clock of those for whom time stands still.</param>
internal sealed class PolicyGathering(TimeProvider pace)
{
    private const double PerWork = 3;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private long from;
    private TimeSpan length;

    /// <summary>This moment, for <see cref="Begin"/>.</summary>
    public long Now => pace.GetTimestamp();

    /// <summary>For how long policies are gathered from now on; not above zero: they are taken in.</summary>
    public TimeSpan Left => length - pace.GetElapsedTime(from);

    /// <summary>Gathers, after work that began then.</summary>
    public void Begin(long began)
    {
        var wanted = PerWork * pace.GetElapsedTime(began);
        (from, length) = (Now, wanted < Longest ? wanted : Longest);
    }
}
