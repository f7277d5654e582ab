using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.Linux.SocketDiagnosis;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Module B (paper 5.2), I/O half of what is read off paths without asking them: counters and speeds of their devices, and the host's own TCP connections on them. Sends no
/// packet. Its sockets are of the network namespace of the thread that made it; one caller at a time.
/// </summary>
public sealed class TrafficExaminer : IDisposable
{
    private readonly TrafficExaminerOptions options;
    private readonly TimeProvider time;
    private readonly RoutingSocket routing = new();
    private readonly TcpSockets sockets = new();
    private readonly ConnectionPaths connections;
    private readonly DeviceReadings devices;
    private readonly Dictionary<PathId, PathTraffic> traffic = [];
    private PathSet paths = PathSet.Empty;

    /// <summary>Opens its sockets; throws <see cref="NetlinkException"/>.</summary>
    /// <param name="options">What it is told and tells besides.</param>
    /// <param name="time">The clock.</param>
    public TrafficExaminer(TrafficExaminerOptions options, TimeProvider time) =>
        (this.options, this.time, connections, devices) = (options, time, new(options.Pinned), new(routing));

    /// <summary>What the kernel refused in the newest reading; null: nothing. All that it did not refuse was read.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads once. What follows from rates follows from the readings before, a second apart.</summary>
    /// <param name="present">The paths as they are now.</param>
    public IReadOnlyDictionary<PathId, IReadOnlyList<KeyValuePair<string, Measured>>> Read(PathSet present)
    {
        Fault = null;
        if (present != paths)
        {
            Follow(present);
        }
        var now = time.GetUtcNow();
        var indexes = traffic.Keys.Select(id => paths.Find(id)!.DeviceIndex).ToHashSet();
        if (indexes.Count == 0)
        {
            return new Dictionary<PathId, IReadOnlyList<KeyValuePair<string, Measured>>>();
        }
        Try(() => ReadCounters(indexes, now));
        Try(() => ReadConnections(now));
        return traffic.ToDictionary(one => one.Key, one => (IReadOnlyList<KeyValuePair<string, Measured>>)Values(one.Key, one.Value, indexes, now));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        devices.Dispose();
        sockets.Dispose();
        routing.Dispose();
    }

    private void Follow(PathSet present)
    {
        foreach (var gone in traffic.Keys.Where(id => present.Find(id) is not { DeviceIndex: > 0 }).ToList())
        {
            traffic.Remove(gone);
        }
        foreach (var path in present.Paths.Where(path => path.DeviceIndex > 0))
        {
            if (traffic.TryGetValue(path.Id, out var one))
            {
                if (paths.Find(path.Id) is { } before && IsOtherNetwork(before, path))
                {
                    one.Clear();
                }
            }
            else
            {
                traffic.Add(path.Id, new());
            }
        }
        paths = present;
        connections.Follow(present);
        devices.Renew();
    }

    private static bool IsOtherNetwork(Path before, Path now) =>
        before.DeviceIndex != now.DeviceIndex
        || before.Halves.AsSpan().ToArray().Any(old => now.Half(old.Family) is { } half && (half.Gateway != old.Gateway || half.Connected != old.Connected));

    private void ReadCounters(HashSet<int> indexes, DateTimeOffset now)
    {
        var counters = routing.Statistics(indexes).ToDictionary(one => one.LinkIndex);
        foreach (var (id, one) in traffic)
        {
            if (counters.TryGetValue(paths.Find(id)!.DeviceIndex, out var counted))
            {
                one.AddCounters(now, counted.ReceivedBytes, counted.SentBytes);
            }
        }
    }

    private void ReadConnections(DateTimeOffset now)
    {
        var byPath = connections.Sort(sockets.Read(), now);
        foreach (var (id, one) in traffic)
        {
            var evidence = one.AddConnections(now, byPath[id].Select(socket => new TcpConnection(socket.Cookie, socket.Ends.Source.Family, socket.Measurement)).ToList());
            foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
            {
                if (evidence.Heard(family) is { } at)
                {
                    options.Heard(id, family, at);
                }
            }
        }
    }

    private List<KeyValuePair<string, Measured>> Values(PathId id, PathTraffic one, HashSet<int> indexes, DateTimeOffset now)
    {
        var values = new List<KeyValuePair<string, Measured>>();
        Try(() => values.AddRange(devices.Of(paths.Find(id)!.DeviceIndex, indexes, now)));
        var told = options.Told(id);
        told.TryGet("bandwidth", out var down);
        told.TryGet("bandwidth.up", out var up);
        values.AddRange(one.Values(now, down, up));
        return values;
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (NetlinkException refused)
        {
            // A kernel without this part, or a right that is missing: what else there is to read is read.
            Fault = refused.Message;
        }
    }
}
