using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Linux.PathExamination;

/// <summary>A probe that can also send packets back to back, by which capacity is measured.</summary>
public interface ITrainProbe : IProbe
{
    /// <summary>
    /// Sends <see cref="PacketTrain.UsualPackets"/> of <see cref="PacketTrain.UsualBytes"/> to a target and waits for all replies, at most <paramref name="timeout"/>; null where one was lost or
    /// could not be sent.
    /// </summary>
    Task<PacketTrain?> SendTrainAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken);
}
