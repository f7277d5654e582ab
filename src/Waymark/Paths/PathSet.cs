namespace Waymark.Paths;

/// <summary>The paths of the node at one moment, in order of id, no two with the same id or name.</summary>
public sealed record PathSet
{
    /// <summary>No path.</summary>
    public static PathSet Empty { get; } = new([]);

    /// <summary>Takes <paramref name="paths"/> in any order; throws <see cref="ArgumentException"/> where two share an id or a name.</summary>
    public PathSet(IEnumerable<Path> paths)
    {
        Paths = paths.OrderBy(path => path.Id).ToEquatableArray();
        if (Paths.Select(path => path.Id).Distinct().Count() != Paths.Count || Paths.Select(path => path.Name).Distinct().Count() != Paths.Count)
        {
            throw new ArgumentException("Two paths share an id or a name.", nameof(paths));
        }
    }

    /// <summary>The paths, in order of id.</summary>
    public EquatableArray<Path> Paths { get; }

    /// <summary>The path of that id, or null.</summary>
    public Path? Find(PathId id)
    {
        foreach (var path in Paths)
        {
            if (path.Id == id)
            {
                return path;
            }
        }
        return null;
    }
}
