namespace Waymark.Paths;

/// <summary>What is known of all paths at one moment, in order of path; a path that is not in it has nothing known.</summary>
public sealed record CharacteristicsSet
{
    /// <summary>Nothing known.</summary>
    public static CharacteristicsSet Empty { get; } = new([]);

    /// <summary>Takes them in any order; throws <see cref="ArgumentException"/> where a path is given twice.</summary>
    public CharacteristicsSet(IEnumerable<PathCharacteristics> paths)
    {
        Paths = paths.OrderBy(path => path.Path).ToEquatableArray();
        if (Paths.Select(path => path.Path).Distinct().Count() != Paths.Count)
        {
            throw new ArgumentException("A path is given twice.", nameof(paths));
        }
    }

    /// <summary>In order of path.</summary>
    public EquatableArray<PathCharacteristics> Paths { get; }

    /// <summary>What is known of <paramref name="path"/>; an empty record where nothing is.</summary>
    public PathCharacteristics Of(PathId path)
    {
        foreach (var candidate in Paths)
        {
            if (candidate.Path == path)
            {
                return candidate;
            }
        }
        return new(path, []);
    }
}
