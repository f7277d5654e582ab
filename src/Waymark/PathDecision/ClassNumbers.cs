namespace Waymark.PathDecision;

/// <summary>
/// Gives classes their numbers. A class keeps its number while it exists and long after: numbers of classes that are gone are given away only when all others are,
/// for flows may still carry them.
/// </summary>
internal sealed class ClassNumbers
{
    private readonly SortedDictionary<string, int> numbers;
    private readonly HashSet<string> live = new(StringComparer.Ordinal);
    private readonly SortedSet<int> free;

    /// <summary>With the numbers that were given before.</summary>
    /// <param name="before">The last decision's.</param>
    /// <param name="highest">The highest that may be given.</param>
    public ClassNumbers(EquatableArray<KeyValuePair<string, int>> before, int highest)
    {
        free = new(Enumerable.Range(1, highest));
        numbers = new(StringComparer.Ordinal);
        foreach (var (key, number) in before)
        {
            numbers.Add(key, number);
            free.Remove(number);
        }
    }

    /// <summary>What the next decision needs, in ordinal order.</summary>
    public EquatableArray<KeyValuePair<string, int>> All => numbers.ToEquatableArray();

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
            if (free.Count == 0)
            {
                var gone = numbers.Keys.FirstOrDefault(one => !live.Contains(one));
                if (gone is null)
                {
                    return null;
                }
                free.Add(numbers[gone]);
                numbers.Remove(gone);
            }
            number = free.Min;
            free.Remove(number);
            numbers.Add(key, number);
        }
        live.Add(key);
        return number;
    }
}
