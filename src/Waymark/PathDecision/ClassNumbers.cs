using System.Collections;

namespace Waymark.PathDecision;

/// <summary>
/// Gives classes their numbers. A class keeps its number while it exists and long after: numbers of classes that are gone are given away only when all others are,
/// for flows may still carry them.
/// </summary>
internal sealed class ClassNumbers
{
    private readonly EquatableArray<KeyValuePair<string, int>> before;
    private readonly Dictionary<string, int> numbers;
    private readonly HashSet<string> live = new(StringComparer.Ordinal);
    private readonly BitArray taken;
    private int firstFree = 1;
    private int firstGone;
    private bool isChanged;

    /// <summary>With the numbers that were given before.</summary>
    /// <param name="before">The last decision's, in ordinal order.</param>
    /// <param name="highest">The highest that may be given.</param>
    public ClassNumbers(EquatableArray<KeyValuePair<string, int>> before, int highest)
    {
        // Where there are fewer numbers than there were, no flow carries the higher ones any more.
        isChanged = before.Any(one => one.Value > highest);
        this.before = isChanged ? before.Where(one => one.Value <= highest).ToEquatableArray() : before;
        numbers = new(before.Count, StringComparer.Ordinal);
        taken = new(highest + 1);
        foreach (var (key, number) in this.before)
        {
            numbers.Add(key, number);
            taken[number] = true;
        }
    }

    /// <summary>What the next decision needs, in ordinal order.</summary>
    public EquatableArray<KeyValuePair<string, int>> All => isChanged ? numbers.OrderBy(one => one.Key, StringComparer.Ordinal).ToEquatableArray() : before;

    /// <summary>Keeps the classes of <paramref name="keys"/> from being given away in this decision.</summary>
    public void Reserve(IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            if (numbers.ContainsKey(key))
            {
                live.Add(key);
            }
        }
    }

    /// <summary>The number of the class; null where every number is taken by a class of this decision.</summary>
    public int? Of(string key)
    {
        if (!numbers.TryGetValue(key, out var number))
        {
            if ((Free() ?? OfGone()) is not { } given)
            {
                return null;
            }
            numbers.Add(key, number = given);
            isChanged = true;
        }
        live.Add(key);
        return number;
    }

    /// <summary>The lowest that is nobody's.</summary>
    private int? Free()
    {
        while (firstFree < taken.Count && taken[firstFree])
        {
            firstFree++;
        }
        return firstFree < taken.Count ? firstFree++ : null;
    }

    /// <summary>That of the first class that is gone, which loses it. What lives now lives until the end of this decision, so that none is looked at twice.</summary>
    private int? OfGone()
    {
        while (firstGone < before.Count && live.Contains(before[firstGone].Key))
        {
            firstGone++;
        }
        if (firstGone == before.Count)
        {
            return null;
        }
        var (key, number) = before[firstGone++];
        numbers.Remove(key);
        return number;
    }
}
