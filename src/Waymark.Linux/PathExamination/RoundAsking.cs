using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>Sends the probes of rounds and waits for their answers. Safe for several threads at once.</summary>
/// <param name="asked">Whom a round asks.</param>
/// <param name="liveness">The conversations beside them, which are opened anew where that failed.</param>
/// <param name="mark">The firewall mark of the packets.</param>
/// <param name="work">Whose part it is.</param>
internal sealed class RoundAsking(IReadOnlyList<AskedTarget> asked, FamilyLiveness liveness, Func<uint> mark, WorkUnderWay work) : IDisposable
{
    private readonly ProbeOpening[] openings = [.. asked.Select(one => one.Opening).Distinct()];
    private readonly Lock opening = new();

    /// <summary>Sends a round's probes.</summary>
    /// <param name="round">The round.</param>
    /// <param name="take">Gets the number of each target and what came of asking it, on whatever thread that is known first.</param>
    public void Send(ProbingRound round, Action<ProbingRound, int, ProbeResult> take)
    {
        lock (opening)
        {
            foreach (var one in openings)
            {
                one.Open(mark());
            }
            liveness.Open(mark());
        }
        for (var i = 0; i < asked.Count; i++)
        {
            work.Add(AskAsync(round, i, take));
        }
    }

    /// <summary>Closes what asks.</summary>
    public void Dispose()
    {
        foreach (var one in openings)
        {
            one.Dispose();
        }
    }

    private async Task AskAsync(ProbingRound round, int which, Action<ProbingRound, int, ProbeResult> take) =>
        take(round, which, await asked[which].Opening.AskAsync(asked[which].Target, round.At, ProbePace.Patience, work.Stop));
}
