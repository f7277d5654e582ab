using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>What has come of a round of probes so far. Not safe for several threads at once: <see cref="FamilyProbing"/> holds the estimates' lock.</summary>
internal sealed class ProbingRound(DateTimeOffset at, TimeSpan sent, int needed, int asked, bool isSample, int alive, int told)
{
    public DateTimeOffset At { get; } = at;

    public TimeSpan Sent { get; } = sent;

    public int Needed { get; } = needed;

    /// <summary>Whether it counts for loss, as one that was due anyhow.</summary>
    public bool IsSample { get; } = isSample;

    /// <summary>When it is silent unless enough have answered.</summary>
    public TimeSpan DecideAt { get; set; }

    /// <summary>When what has not answered counts as lost until it does.</summary>
    public TimeSpan OverdueAt { get; set; }

    public bool IsDecided { get; set; }

    public bool[] HasEnded { get; } = new bool[asked];

    public long?[] Overdue { get; } = new long?[asked];

    /// <summary>Of how many conversations it is known how they stand.</summary>
    public int Told { get; } = told;

    /// <summary>Whether it settles the matter alone, as a conversation that fell silent has waited for repeated silence itself.</summary>
    public bool IsConclusive { get; init; }

    public int Answers { get; private set; } = alive;

    public int Faults { get; private set; }

    public int Ended { get; private set; }

    public string? Finding { get; private set; }

    public void Take(int which, ProbeResult result)
    {
        HasEnded[which] = true;
        Ended++;
        Answers += result.IsAnswered ? 1 : 0;
        Faults += result.Fault is null ? 0 : 1;
        Finding = result.Finding ?? Finding;
    }
}
