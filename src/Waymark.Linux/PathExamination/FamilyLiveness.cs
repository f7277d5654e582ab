using System.Threading.Channels;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// The conversations of one path in one family, beside its rounds of probes. Those that live count as answers in every round. When one falls silent its own detection time
/// has passed already, so a round is held at once, and settles the matter if too few answer; nobody else is asked where conversations are all that there is.
/// </summary>
internal sealed class FamilyLiveness : IDisposable
{
    private readonly IReadOnlyList<LivenessOpening> openings;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Channel<bool> nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private bool hasLost;

    /// <summary>Opens the conversations, in the calling thread's network namespace.</summary>
    /// <param name="openings">The conversations; may be none.</param>
    /// <param name="mark">The firewall mark of their packets.</param>
    /// <param name="time">The clock.</param>
    public FamilyLiveness(IReadOnlyList<LivenessOpening> openings, uint mark, TimeProvider time)
    {
        (this.openings, this.time) = (openings, time);
        Open(mark);
    }

    /// <summary>How many there are.</summary>
    public int Count => openings.Count;

    /// <summary>What watches; null where there are none.</summary>
    public string? Source => Count > 0 ? openings[0].Source : null;

    /// <summary>Why one of them cannot be held; null: all can.</summary>
    public string? Fault => Count == 0 ? null : openings.Select(one => one.Fault).FirstOrDefault(fault => fault is not null);

    /// <summary>Whether they leave from the addresses that the path has now.</summary>
    public bool Suits(PathHalf half) => openings.All(one => one.Watched.Half.Locators == half.Locators);

    /// <summary>Opens those that are not open yet.</summary>
    public void Open(uint mark)
    {
        foreach (var one in openings)
        {
            one.Open(mark, () => nudges.Writer.TryWrite(true));
        }
    }

    /// <summary>How many live, and how many say anything at all.</summary>
    public (int Alive, int Told) Ask()
    {
        if (Count == 0)
        {
            return (0, 0);
        }
        Look();
        lock (gate)
        {
            return (openings.Count(one => one.Witness.Claim == LivenessClaim.Alive), openings.Count(one => one.Witness.Claim != LivenessClaim.None));
        }
    }

    /// <summary>Whether the other ends of all of them have withdrawn.</summary>
    public bool IsWithdrawn => Count > 0 && openings.All(one => one is { Fault: null, Claim: LivenessClaim.None });

    /// <summary>Has a round held each time that one falls silent, and where they are all that there is also at each other change.</summary>
    /// <param name="isAlone">Whether nobody else is asked.</param>
    /// <param name="round">Holds one; it may overlap with the next.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task WatchAsync(bool isAlone, Action round, CancellationToken cancellationToken)
    {
        while (Count > 0)
        {
            await nudges.Reader.ReadAsync(cancellationToken);
            Look();
            if (TakeLoss() || isAlone)
            {
                round();
            }
        }
    }

    public void Dispose()
    {
        foreach (var one in openings)
        {
            one.Dispose();
        }
    }

    /// <summary>Takes in what they say now.</summary>
    private void Look()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            foreach (var one in openings)
            {
                hasLost |= one.Witness.Take(one.Claim, now);
            }
        }
    }

    /// <summary>Whether one has fallen silent since this was last asked, whoever looked meanwhile.</summary>
    private bool TakeLoss()
    {
        lock (gate)
        {
            var lost = hasLost;
            hasLost = false;
            return lost;
        }
    }
}
