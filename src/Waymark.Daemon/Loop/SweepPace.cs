namespace Waymark.Daemon.Loop;

/// <summary>
/// When flows are looked at behind a change of the filter rules. A flow shows with its next packet that it may not go on as it does, and this packet is dropped, as are those behind it until the flow is found. So the rest between two looks is
/// a fifth of the time since the change: a flow that says something every 20 ms has shown itself by then and is found before its next packet, one that speaks every five seconds likewise, and looking costs little of both.
/// </summary>
/// <param name="pace">By what it is measured: not the clock of those for whom time stands still.</param>
internal sealed class SweepPace(TimeProvider pace)
{
    private const int Part = 5;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private long changed, rested;
    private TimeSpan? rest;

    /// <summary>This moment, for <see cref="Swept"/>.</summary>
    public long Now => pace.GetTimestamp();

    /// <summary>For how long flows need not be looked at; not above zero: they have to be now. <see cref="TimeSpan.MaxValue"/>: the full rounds are enough.</summary>
    public TimeSpan Left => rest is { } length ? length - pace.GetElapsedTime(rested) : TimeSpan.MaxValue;

    /// <summary>The filter rules were changed just now, and flows looked at.</summary>
    public void Changed() => (changed, rested, rest) = (Now, Now, Shortest);

    /// <summary>Flows were looked at.</summary>
    /// <param name="began">Since then; however long it takes, three quarters of the time are for others.</param>
    /// <param name="enough">How often they are looked at anyhow.</param>
    public void Swept(long began, TimeSpan enough)
    {
        var (took, wanted) = (pace.GetElapsedTime(began), pace.GetElapsedTime(changed) / Part);
        (rested, rest) = (Now, wanted >= enough ? null : new[] { Shortest, 3 * took, wanted }.Max());
    }
}
