using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>
/// Since when claims have held, for every <c>for</c>: what held at the last decision and holds now has held without a break. Collects what the next decision
/// has to know and the earliest instant at which time alone changes an answer.
/// </summary>
/// <param name="before">What the last decision left, in ordinal order of key.</param>
/// <param name="now">The instant of the decision.</param>
internal sealed class HoldTimers(EquatableArray<KeyValuePair<string, DateTimeOffset>> before, DateTimeOffset now)
{
    private readonly List<KeyValuePair<string, DateTimeOffset>> next = [];
    private DateTimeOffset? reviewAt;

    /// <summary>The instant of the decision.</summary>
    public DateTimeOffset Now => now;

    /// <summary>What was asked since this was last called: so each that is evaluated is told what it waits for itself.</summary>
    public Waiting Take()
    {
        EquatableArray<KeyValuePair<string, DateTimeOffset>> trueSince = next.Count == 0
            ? [] : next.DistinctBy(one => one.Key, StringComparer.Ordinal).OrderBy(one => one.Key, StringComparer.Ordinal).ToEquatableArray();
        var taken = new Waiting(trueSince, reviewAt);
        next.Clear();
        reviewAt = null;
        return taken;
    }

    /// <summary>Whether the claim of that key, which is now <paramref name="operand"/>, has held for <paramref name="duration"/>.</summary>
    public Truth HasHeld(string key, Truth operand, TimeSpan duration)
    {
        if (operand != Truth.True)
        {
            return operand;
        }
        var start = Since(key) is { } at && at <= now ? at : now;
        next.Add(new(key, start));
        if (now - start >= duration)
        {
            return Truth.True;
        }
        Review(start + duration);
        return Truth.False;
    }

    /// <summary>Asks for another decision at <paramref name="instant"/>; one that is not in the future is ignored.</summary>
    public void Review(DateTimeOffset instant)
    {
        if (instant > now && (reviewAt is null || instant < reviewAt))
        {
            reviewAt = instant;
        }
    }

    private DateTimeOffset? Since(string key)
    {
        int low = 0, high = before.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(before[middle].Key, key);
            if (order == 0)
            {
                return before[middle].Value;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }
}
