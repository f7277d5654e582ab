using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.Peers;

/// <summary>What each end of a shared path tells the other: what it has measured of its own direction, which only the sender's end knows well.</summary>
public static class SharedMeasurements
{
    /// <summary>The most values that are told of a path.</summary>
    public const int MostValues = 32;

    /// <summary>What is told, in ordinal order: whether the path is usable, and numbers of the direction from the node.</summary>
    private static readonly string[] Told = ["available.up", "bandwidth.up", "delay", "jitter", "loss", "loss.up", PathCharacteristics.Up4, PathCharacteristics.Up6];

    /// <summary>Whether it is a word that is told, with a value of its kind; what else comes is of another version, and passed over.</summary>
    public static bool IsTold(string name, CharacteristicValue value) =>
        Told.Contains(name, StringComparer.Ordinal) && (IsUp(name) ? value.Kind == CharacteristicKind.Flag : value is { Kind: CharacteristicKind.Numeric, Number: >= 0 });

    /// <summary>What this node tells of one of its paths.</summary>
    /// <param name="path">The path.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="isDisabled">Whether the administrator took it out of use.</param>
    /// <param name="now">The present.</param>
    public static PathCharacteristics ToTell(Path path, PathCharacteristics known, bool isDisabled, DateTimeOffset now)
    {
        var values = known.Values.Where(one => IsTold(one.Key, one.Value.Value) && !IsUp(one.Key)).ToList();
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            var name = PathCharacteristics.Up(family);
            var isUp = !isDisabled && path.HasCarrier && path.Half(family) is not null && (!known.TryGet(name, out var probed) || probed.Value.Flag);
            values.Add(new(name, new(CharacteristicValue.Of(isUp), now, 0, "path")));
        }
        return PathCharacteristics.Of(path.Id, values);
    }

    /// <summary>
    /// What is known of a path as the other end sends by it: where it tells of its direction that counts, else what is known here. Words keep the asker's meaning: <c>bandwidth</c> is towards this node.
    /// </summary>
    /// <param name="own">What is known here.</param>
    /// <param name="told">What the other end told, under its own words; empty: nothing.</param>
    public static PathCharacteristics Seen(PathCharacteristics own, PathCharacteristics told)
    {
        var seen = new SortedDictionary<string, Measured>(StringComparer.Ordinal);
        foreach (var (name, measured) in own.Values)
        {
            seen[name] = measured;
        }
        foreach (var (name, measured) in told.Values)
        {
            var word = WishMirror.Word(name);
            if (!IsUp(name))
            {
                // What the administrator says of a path here is not for the other end to say.
                seen[word] = seen.GetValueOrDefault(word) is { IsConfigured: true } configured ? configured : measured;
            }
            else if (!measured.Value.Flag)
            {
                seen[name] = measured;
            }
        }
        return PathCharacteristics.Of(own.Path, seen);
    }

    /// <summary>Whether somebody who decides by it should hear of the difference now: a path came or went, something became known, or a number changed by more than a tenth or its standard error.</summary>
    public static bool IsNoticeable(PathCharacteristics before, PathCharacteristics after)
    {
        if (before.Values.Count != after.Values.Count)
        {
            return true;
        }
        foreach (var ((oldName, old), (name, now)) in before.Values.Zip(after.Values))
        {
            var change = Math.Abs(now.Value.Number - old.Value.Number);
            if (oldName != name || (old.Value != now.Value && !(!IsUp(name) && change <= Math.Max(Math.Abs(old.Value.Number) / 10, now.StandardError ?? 0))))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsUp(string name) => name is PathCharacteristics.Up4 or PathCharacteristics.Up6;
}
