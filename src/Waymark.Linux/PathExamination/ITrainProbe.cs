using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Linux.PathExamination;

/// <summary>A probe that can also send packets back to back, by which capacity is measured.</summary>
public interface ITrainProbe : IProbe
{
    /// <summary>
    /// Sends packets of <see cref="PacketTrain.UsualBytes"/> to a target and waits for all replies, at most <paramref name="timeout"/>; gives those that came back. Null where one could not be sent, or none came back.
    /// </summary>
    /// <param name="target">Of those that its kind takes.</param>
    /// <param name="packets">How many, from 1.</param>
    /// <param name="timeout">How long replies are waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<PacketTrain?> SendTrainAsync(ProbeTarget target, int packets, TimeSpan timeout, CancellationToken cancellationToken);
}
