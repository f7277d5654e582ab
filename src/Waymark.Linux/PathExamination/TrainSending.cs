using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Linux.PathExamination;

/// <summary>Sends trains of packets to the reflector of a family, where there is one, as often as is wanted and can be paid.</summary>
/// <param name="family">The family.</param>
/// <param name="estimates">Where trains go; locked meanwhile.</param>
/// <param name="asked">Who is asked, of whom the first that takes trains gets them.</param>
/// <param name="budget">What they are paid from; null: they cost nothing. Under the estimates' lock.</param>
/// <param name="work">Whose part it is.</param>
/// <param name="time">The clock.</param>
internal sealed class TrainSending(IpFamily family, ProbeEstimates estimates, IReadOnlyList<AskedTarget> asked, ProbeBudget? budget, WorkUnderWay work, TimeProvider time)
{
    /// <summary>How long the slowest link that is worth a train takes for one, there and back.</summary>
    private static readonly TimeSpan Passage = TimeSpan.FromMilliseconds(500);

    /// <summary>Sends one if it is due.</summary>
    /// <param name="told">Called when one has told something.</param>
    public void SendIfDue(Action told)
    {
        if (asked.FirstOrDefault(one => one.Opening.SendsTrains) is { } reflector && TryBegin() is var (packets, patience))
        {
            work.Add(SendAsync(reflector, packets, patience, told));
        }
    }

    /// <summary>
    /// How many packets the one that is begun has, and how long its replies are waited for; null: none is. What is lost holds up what is not, so no longer than answers usually take: trains that lose
    /// packets each time would else be told when they count no more.
    /// </summary>
    private (int Packets, TimeSpan Patience)? TryBegin()
    {
        lock (estimates)
        {
            var (now, packets) = (time.GetUtcNow(), estimates.TrainPackets(family));
            // There and back.
            var bytes = 2 * packets * PacketTrain.UsualBytes;
            return estimates.IsTrainDue(now) && budget?.TryTake(bytes, time.GetElapsedTime(0)) != false && estimates.TryBeginTrain(now) ? (packets, (estimates.Timeout ?? ProbePace.FirstTimeout) + Passage) : null;
        }
    }

    private async Task SendAsync(AskedTarget reflector, int packets, TimeSpan patience, Action told)
    {
        if (await reflector.Opening.SendTrainAsync(reflector.Target, packets, patience, work.Stop) is { } train)
        {
            lock (estimates)
            {
                estimates.AddTrain(family, train, time.GetUtcNow());
            }
            told();
        }
    }
}
