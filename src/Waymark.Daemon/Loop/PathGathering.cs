using Waymark.Paths;

namespace Waymark.Daemon.Loop;

/// <summary>
/// The paths of all maintainers as one set, published whenever one of them has another, and not before each has spoken: a decision without the paths of a protocol
/// that is merely slow would move its flows away. May be called from any thread.
/// </summary>
/// <param name="protocols">Of the maintainers. Where two paths have the same name, the one of the earlier protocol keeps it and the other is called by its id.</param>
/// <param name="publish">Gets the set; one call at a time.</param>
internal sealed class PathGathering(IReadOnlyList<string> protocols, Action<PathSet> publish)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, PathSet> found = new(StringComparer.Ordinal);

    /// <summary>Puts the paths of a protocol in the place of those that it had.</summary>
    public void Put(string protocol, PathSet paths)
    {
        lock (gate)
        {
            found[protocol] = paths;
            if (found.Count == protocols.Count)
            {
                publish(Together());
            }
        }
    }

    private PathSet Together()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return new(protocols.SelectMany(protocol => found[protocol].Paths).Select(path => names.Add(path.Name) ? path : path with { Name = path.Id.ToString() }));
    }
}
