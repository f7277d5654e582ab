using Waymark.Paths;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// The numbers by which marks and tables name paths, from 1. A path keeps its number while it exists and long after: connections may still carry it, and a new
/// path must not inherit them. Numbers of paths that are gone are given away only when no other is free, the longest gone first.
/// </summary>
/// <param name="Paths">In order of number; index 0 has number 1. The default id stands for a number never given.</param>
/// <param name="Gone">The numbers of paths that are not there at the moment, the longest gone first.</param>
public sealed record PathNumbers(EquatableArray<PathId> Paths, EquatableArray<int> Gone)
{
    /// <summary>No number given yet.</summary>
    public static PathNumbers Empty { get; } = new([], []);

    /// <summary>The number of the path; 0 where it has none.</summary>
    public int Of(PathId path)
    {
        for (var i = 0; i < Paths.Count; i++)
        {
            if (Paths[i] == path)
            {
                return i + 1;
            }
        }
        return 0;
    }

    /// <summary>The numbers when the paths are <paramref name="present"/> (in order); one that finds none of the <paramref name="highest"/> free gets none.</summary>
    public PathNumbers With(IEnumerable<PathId> present, int highest)
    {
        var paths = Paths.ToList();
        var there = present.ToList();
        var gone = Gone.Where(number => !there.Contains(paths[number - 1])).ToList();
        for (var number = 1; number <= paths.Count; number++)
        {
            if (paths[number - 1] != default && !there.Contains(paths[number - 1]) && !gone.Contains(number))
            {
                gone.Add(number);
            }
        }
        foreach (var path in there.Where(path => !paths.Contains(path)))
        {
            var free = paths.IndexOf(default);
            if (free >= 0)
            {
                paths[free] = path;
            }
            else if (paths.Count < highest)
            {
                paths.Add(path);
            }
            else if (gone.Count > 0)
            {
                paths[gone[0] - 1] = path;
                gone.RemoveAt(0);
            }
        }
        return new(paths.ToEquatableArray(), gone.ToEquatableArray());
    }
}
