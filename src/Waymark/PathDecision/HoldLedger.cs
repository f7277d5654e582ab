using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>
/// Since when every operand of a <c>for</c> has held, over all that waits: several may wait for the same one, and it is kept as long as one of them does. Immutable; a change copies what it
/// does not touch in blocks.
/// </summary>
internal sealed class HoldLedger
{
    /// <summary>Nothing is waited for.</summary>
    public static HoldLedger Empty { get; } = new([], []);

    private readonly int[] waiting;

    private HoldLedger(EquatableArray<KeyValuePair<string, DateTimeOffset>> trueSince, int[] waiting) => (TrueSince, this.waiting) = (trueSince, waiting);

    /// <summary>In ordinal order of key, each once.</summary>
    public EquatableArray<KeyValuePair<string, DateTimeOffset>> TrueSince { get; }

    /// <summary>With what waits now instead of what waited before.</summary>
    /// <param name="gone">What those that were decided anew waited for.</param>
    /// <param name="come">What they wait for now.</param>
    public HoldLedger Change(IEnumerable<Waiting> gone, IEnumerable<Waiting> come)
    {
        var changes = new SortedDictionary<string, (int Waiting, DateTimeOffset Since)>(StringComparer.Ordinal);
        Count(gone, -1);
        Count(come, 1);
        if (changes.Count == 0)
        {
            return this;
        }
        var next = new List<KeyValuePair<string, DateTimeOffset>>(TrueSince.Count + changes.Count);
        var counts = new List<int>(TrueSince.Count + changes.Count);
        var at = 0;
        foreach (var (key, (difference, since)) in changes)
        {
            Copy(FirstAtLeast(key, at));
            var before = at < TrueSince.Count && TrueSince[at].Key == key ? waiting[at++] : 0;
            if (before + difference > 0)
            {
                next.Add(new(key, since));
                counts.Add(before + difference);
            }
        }
        Copy(TrueSince.Count);
        return new(next.ToEquatableArray(), [.. counts]);

        void Count(IEnumerable<Waiting> some, int difference)
        {
            foreach (var one in some)
            {
                foreach (var (key, since) in one.TrueSince)
                {
                    changes[key] = (changes.GetValueOrDefault(key).Waiting + difference, since);
                }
            }
        }

        void Copy(int end)
        {
            next.AddRange(TrueSince.AsSpan()[at..end]);
            counts.AddRange(waiting.AsSpan()[at..end]);
            at = end;
        }
    }

    private int FirstAtLeast(string key, int from)
    {
        int low = from, high = TrueSince.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(TrueSince[middle].Key, key) < 0 ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
