using Waymark.Flows;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Which path each connection of this host is on: the one that it is pinned to, for steering may send it by another path than its address is of; else the one whose
/// device it is bound to; else the one whose address it has. A connection keeps its path as long as it lives, so that each is asked for rarely. Of one caller at a time.
/// </summary>
/// <param name="pinned">The paths that connections are pinned to.</param>
internal sealed class ConnectionPaths(Func<IReadOnlyCollection<FlowEnds>, IReadOnlyDictionary<FlowEnds, PathId>> pinned)
{
    /// <summary>After that a connection is asked for anew: the rules that pin may have come into force after it began.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, Known> known = [];
    private PathSet paths = PathSet.Empty;

    /// <summary>The paths are these now.</summary>
    public void Follow(PathSet now)
    {
        paths = now;
        known.Clear();
    }

    /// <summary>
    /// The sockets that are on a path, by path. Neighbours on a path's link are left out: they are reached without the network that the path leads to, and tell nothing
    /// of it.
    /// </summary>
    public ILookup<PathId, TcpSocket> Sort(IReadOnlyList<TcpSocket> sockets, DateTimeOffset now)
    {
        var unknown = sockets.Where(one => !IsLocal(one.Ends) && !(known.TryGetValue(one.Cookie, out var before) && now - before.AskedAt < Trust)).ToList();
        if (unknown.Count > 0)
        {
            var pins = pinned(unknown.ConvertAll(one => one.Ends));
            foreach (var one in unknown)
            {
                var path = pins.TryGetValue(one.Ends, out var pin) ? paths.Find(pin) : Guess(one);
                known[one.Cookie] = new(path is null || IsNeighbour(path, one.Ends.Destination) ? null : path.Id, now);
            }
            if (known.Count > 2 * sockets.Count)
            {
                var present = sockets.Select(one => one.Cookie).ToHashSet();
                foreach (var gone in known.Keys.Where(cookie => !present.Contains(cookie)).ToList())
                {
                    known.Remove(gone);
                }
            }
        }
        return sockets.Where(one => known.GetValueOrDefault(one.Cookie)?.Path is not null).ToLookup(one => known[one.Cookie].Path!.Value);
    }

    private Path? Guess(TcpSocket socket)
    {
        Path? found = null;
        foreach (var path in paths.Paths)
        {
            var isBound = socket.DeviceIndex != 0 && socket.DeviceIndex == path.DeviceIndex;
            if (isBound || (socket.DeviceIndex == 0 && path.Half(socket.Ends.Source.Family) is { } half && half.Locators.AsSpan().Contains(socket.Ends.Source)))
            {
                if (found is not null)
                {
                    // Two paths with one address: it may be on either.
                    return null;
                }
                found = path;
            }
        }
        return found;
    }

    private static bool IsLocal(FlowEnds ends) =>
        ends.Source == ends.Destination || (ends.Source.Family == IpFamily.V4 ? ends.Source.Bits >> 24 == 127 : ends.Source.Bits == 1);

    private static bool IsNeighbour(Path path, IpAddress peer)
    {
        if (peer.IsLinkLocal)
        {
            return true;
        }
        foreach (var prefix in path.Half(peer.Family)?.Connected ?? [])
        {
            if (prefix.Contains(peer))
            {
                return true;
            }
        }
        return false;
    }

    private sealed record Known(PathId? Path, DateTimeOffset AskedAt);
}
