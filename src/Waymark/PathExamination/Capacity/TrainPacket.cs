namespace Waymark.PathExamination.Capacity;

/// <summary>One packet of a train, by the times at which the kernels had it. Only differences of times of one clock count.</summary>
/// <param name="Number">Its place among those that were sent, from 0.</param>
/// <param name="Sent">When this node sent it.</param>
/// <param name="Reached">When the reflector had it (T2), by its clock.</param>
/// <param name="Returned">When the reflector sent its reply (T3), by its clock.</param>
/// <param name="Arrived">When this node had the reply (T4).</param>
public readonly record struct TrainPacket(int Number, TimeSpan Sent, TimeSpan Reached, TimeSpan Returned, TimeSpan Arrived);
