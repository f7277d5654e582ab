using Waymark.Exchange.Wire;
using Waymark.PathDecision;
using Waymark.Paths;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Loop;

/// <summary>
/// Which characteristics changed so much that somebody who watches wants to see it: by more than the tolerance that a decision has where a policy names none. Each is told at
/// most once in <see cref="Interval"/>; as it is compared with what was told last, what is held back is told then.
/// </summary>
/// <param name="start">What counts as told.</param>
internal sealed class NoticeableChanges(World start)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(PathId Path, string Name), (Measured? Value, DateTimeOffset At)> told = All(start).ToDictionary(
        one => (one.Path, one.Name), one => ((Measured?)one.Value, DateTimeOffset.MinValue));

    /// <summary>What changed, path by path; it counts as told. Paths that are gone are forgotten without a word: they have events of their own.</summary>
    public IReadOnlyList<(Path Path, IReadOnlyList<V1.CharacteristicChange> Changes)> Since(World world)
    {
        var now = All(world).ToDictionary(one => (one.Path, one.Name), one => one.Value);
        var changed = new List<(PathId Path, V1.CharacteristicChange Change)>();
        foreach (var key in told.Keys.Union(now.Keys).ToList())
        {
            var value = now.GetValueOrDefault(key);
            var (before, at) = told.GetValueOrDefault(key, (null, DateTimeOffset.MinValue));
            if (world.Paths.Find(key.Path) is null || (value is null && before is null))
            {
                told.Remove(key);
            }
            else if (IsNoticeable(before, value) && (world.Now - at >= Interval || world.Now < at))
            {
                told[key] = (value, world.Now);
                changed.Add((key.Path, new()
                {
                    Name = key.Name,
                    Before = before is null ? null : DecisionTranslation.ToWire(key.Name, before),
                    After = value is null ? null : DecisionTranslation.ToWire(key.Name, value),
                }));
            }
        }
        return [.. changed.GroupBy(one => one.Path).OrderBy(group => group.Key)
            .Select(group => (world.Paths.Find(group.Key)!, (IReadOnlyList<V1.CharacteristicChange>)[.. group.Select(one => one.Change).OrderBy(one => one.Name, StringComparer.Ordinal)]))];
    }

    private static bool IsNoticeable(Measured? before, Measured? after)
    {
        if (before is null || after is null)
        {
            return before != after;
        }
        if (before.Source != after.Source || before.Value.Kind != after.Value.Kind || after.Value.Kind != CharacteristicKind.Numeric)
        {
            return before.Source != after.Source || before.Value != after.Value;
        }
        var (old, value) = (before.Value.Number, after.Value.Number);
        return old != value && !(Math.Abs(value - old) <= Math.Max(Math.Abs(old) / 10, after.StandardError ?? 0));
    }

    private static IEnumerable<(PathId Path, string Name, Measured Value)> All(World world) =>
        world.Characteristics.Paths.SelectMany(path => path.Values.Select(one => (path.Path, one.Key, one.Value)));
}
