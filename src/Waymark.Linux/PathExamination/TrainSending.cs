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
    /// <summary>Sends one if it is due.</summary>
    /// <param name="told">Called when one has told something.</param>
    public void SendIfDue(Action told)
    {
        if (asked.FirstOrDefault(one => one.Opening.SendsTrains) is { } reflector && TryBegin() is { } packets)
        {
            work.Add(SendAsync(reflector, packets, told));
        }
    }

    /// <summary>How many packets the one that is begun has; null: none is.</summary>
    private int? TryBegin()
    {
        lock (estimates)
        {
            var (now, packets) = (time.GetUtcNow(), estimates.TrainPackets(family));
            // There and back.
            var bytes = 2 * packets * PacketTrain.UsualBytes;
            return estimates.IsTrainDue(now) && budget?.TryTake(bytes, time.GetElapsedTime(0)) != false && estimates.TryBeginTrain(now) ? packets : null;
        }
    }

    private async Task SendAsync(AskedTarget reflector, int packets, Action told)
    {
        var at = time.GetUtcNow();
        if (await reflector.Opening.SendTrainAsync(reflector.Target, packets, ProbePace.Patience, work.Stop) is { } train)
        {
            lock (estimates)
            {
                estimates.AddTrain(family, train, at);
            }
            told();
        }
    }
}
