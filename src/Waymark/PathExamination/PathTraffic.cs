using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// All that is read off a path in passing: its device's counters and the connections on it. What is told of it once a second is only what stands behind what asks the path itself
/// (<see cref="CharacteristicSources"/>). Not safe for several threads at once.
/// </summary>
public sealed class PathTraffic
{
    private readonly LinkUse use = new();
    private readonly ConnectionEstimates connections = new();

    /// <summary>Used capacity towards the node, bit/s; null while it is not known.</summary>
    public double? Down => use.Down;

    /// <summary>Used capacity from the node, bit/s; null while it is not known.</summary>
    public double? Up => use.Up;

    /// <summary>Takes the counters of the path's device in (<see cref="LinkUse.Add"/>).</summary>
    public void AddCounters(DateTimeOffset at, ulong received, ulong sent) => use.Add(at, received, sent);

    /// <summary>Takes the connections on the path in (<see cref="ConnectionEstimates.Add"/>).</summary>
    public ConnectionEvidence AddConnections(DateTimeOffset now, IReadOnlyCollection<TcpConnection> present)
    {
        var evidence = connections.Add(now, present);
        if (evidence.DeliveryRate > 0)
        {
            use.AddUp(now, evidence.DeliveryRate);
        }
        return evidence;
    }

    /// <summary>Forgets everything: the path leads by another network now.</summary>
    public void Clear()
    {
        use.Clear();
        connections.Clear();
    }

    /// <summary>What is known at <paramref name="now"/>, with the capacities that are told of the path at the moment.</summary>
    public IEnumerable<KeyValuePair<string, Measured>> Values(DateTimeOffset now, Measured? capacityDown, Measured? capacityUp) =>
        connections.Values(now).Concat(use.Values(now, capacityDown, capacityUp));
}
