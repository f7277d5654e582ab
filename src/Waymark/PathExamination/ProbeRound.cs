namespace Waymark.PathExamination;

/// <summary>Probes that were sent to all targets of a family at once, and that are decided: enough have answered, or too few in time.</summary>
/// <param name="At">When it was sent, by the clock on the wall.</param>
/// <param name="Sent">The same by a clock that never steps, since any fixed moment.</param>
/// <param name="Answers">How many targets answered.</param>
/// <param name="Needed">How many have to.</param>
/// <param name="Source">What measured: <c>icmp</c>.</param>
public readonly record struct ProbeRound(DateTimeOffset At, TimeSpan Sent, int Answers, int Needed, string Source)
{
    /// <summary>Whether enough answered.</summary>
    public bool IsGood => Answers >= Needed;
}
