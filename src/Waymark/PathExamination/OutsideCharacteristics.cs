using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// Joins what other programs say of paths with what was measured. The administrator's node file goes before them, they go before measurements; of several requesters the one
/// of the lowest rank counts, while it may say so.
/// </summary>
public static class OutsideCharacteristics
{
    /// <summary>What a tunnel takes over from the path that carries it: its next byte is paid there.</summary>
    private static readonly string[] Inherited = ["cost", "quota", "metered"];

    /// <summary>All that is known of <paramref name="paths"/>: the very <paramref name="measured"/> where nothing is said from outside.</summary>
    /// <param name="measured">Module B's result, with what the node file says.</param>
    /// <param name="paths">The paths of the moment.</param>
    /// <param name="said">What was said from outside, in any order.</param>
    /// <param name="node">Who may say what, and whose word goes first.</param>
    /// <param name="now">The moment: what has ended before it does not count.</param>
    public static CharacteristicsSet Join(CharacteristicsSet measured, PathSet paths, EquatableArray<OutsideValue> said, NodeFile node, DateTimeOffset now)
    {
        if (said.IsEmpty)
        {
            return measured;
        }
        var first = First(said, node, now);
        var joined = paths.Paths.Select(path => (Path: path, Said: Of(path, paths, first))).Where(one => one.Said.Count > 0)
            .Select(one => Join(measured.Of(one.Path.Id), one.Said)).ToList();
        return joined.Count == 0 ? measured : new(measured.Paths.Where(one => joined.All(other => other.Path != one.Path)).Concat(joined));
    }

    /// <summary>What becomes of each value, for whoever said it; in the order given.</summary>
    /// <param name="said">All that was said.</param>
    /// <param name="known">What <see cref="Join(CharacteristicsSet, PathSet, EquatableArray{OutsideValue}, NodeFile, DateTimeOffset)"/> gave.</param>
    /// <param name="paths">The paths of the moment.</param>
    /// <param name="node">The node file.</param>
    /// <param name="now">The moment.</param>
    public static IReadOnlyList<(OutsideValue Value, OutsideStanding Standing)> Standings(
        EquatableArray<OutsideValue> said, CharacteristicsSet known, PathSet paths, NodeFile node, DateTimeOffset now)
    {
        var first = First(said, node, now);
        return [.. said.Select(value => (value, StandingOf(value)))];

        OutsideStanding StandingOf(OutsideValue value)
        {
            if (!IsAllowed(value, node))
            {
                return OutsideStanding.Forbidden;
            }
            if (first.TryGetValue((value.Path, value.Name), out var counts) && counts != value)
            {
                return OutsideStanding.Overruled;
            }
            if (paths.Paths.FirstOrDefault(path => path.Name == value.Path) is not { } path)
            {
                return OutsideStanding.PathAway;
            }
            return known.Of(path.Id).TryGet(value.Name, out var measured) && measured.IsConfigured ? OutsideStanding.Configured : OutsideStanding.InForce;
        }
    }

    /// <summary>The value that counts, by path and characteristic.</summary>
    private static Dictionary<(string Path, string Name), OutsideValue> First(EquatableArray<OutsideValue> said, NodeFile node, DateTimeOffset now)
    {
        var first = new Dictionary<(string, string), OutsideValue>();
        foreach (var value in said.Where(value => value.Counts(now) && IsAllowed(value, node)).OrderBy(value => RankOf(value, node)).ThenBy(value => value.Requester, StringComparer.Ordinal))
        {
            first.TryAdd((value.Path, value.Name), value);
        }
        return first;
    }

    private static Dictionary<string, Measured> Of(Path path, PathSet paths, Dictionary<(string Path, string Name), OutsideValue> first)
    {
        var said = new Dictionary<string, Measured>(StringComparer.Ordinal);
        foreach (var ((name, characteristic), value) in first)
        {
            if (name == path.Name)
            {
                said[characteristic] = Measure(value);
            }
        }
        foreach (var carrier in path.Over.Select(paths.Find).OfType<Path>())
        {
            foreach (var characteristic in Inherited)
            {
                if (first.TryGetValue((carrier.Name, characteristic), out var value))
                {
                    said.TryAdd(characteristic, Measure(value));
                }
            }
        }
        return said;
    }

    private static Measured Measure(OutsideValue value) => new(value.Value, value.At, 1, value.Requester);

    private static PathCharacteristics Join(PathCharacteristics known, Dictionary<string, Measured> said)
    {
        var configured = known.Values.Where(one => one.Value.IsConfigured).Select(one => one.Key).ToHashSet(StringComparer.Ordinal);
        var counts = said.Where(one => !configured.Contains(one.Key)).ToDictionary(StringComparer.Ordinal);
        // As in the node file: what has a price or a limit is metered, unless it is said not to be.
        var metered = counts.GetValueOrDefault("cost") is { Value.Number: > 0 } cost ? cost : counts.GetValueOrDefault("quota");
        if (metered is not null && !configured.Contains("metered"))
        {
            counts.TryAdd("metered", metered with { Value = CharacteristicValue.Of(true) });
        }
        return PathCharacteristics.Of(known.Path, known.Values.Where(one => !counts.ContainsKey(one.Key)).Concat(counts));
    }

    private static bool IsAllowed(OutsideValue value, NodeFile node) => Find(value, node) is { } requester && requester.May(value.Path, value.Name);

    private static int RankOf(OutsideValue value, NodeFile node) => Find(value, node)!.Rank;

    private static RequesterDeclaration? Find(OutsideValue value, NodeFile node)
    {
        foreach (var requester in node.Requesters)
        {
            if (requester.Name == value.Requester)
            {
                return requester;
            }
        }
        return null;
    }
}
