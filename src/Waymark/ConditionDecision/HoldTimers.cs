using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>
/// Since when claims have held, for every <c>for</c>: what held at the last decision and holds now has held without a break. Collects what the next decision
/// has to know and the earliest instant at which time alone changes an answer.
/// </summary>
internal sealed class HoldTimers(EquatableArray<KeyValuePair<string, DateTimeOffset>> before, DateTimeOffset now)
{
    private readonly Dictionary<string, DateTimeOffset> since = before.ToDictionary(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DateTimeOffset> next = new(StringComparer.Ordinal);

    /// <summary>The instant of the decision.</summary>
    public DateTimeOffset Now => now;

    /// <summary>The earliest instant after now that was asked for; null: none.</summary>
    public DateTimeOffset? ReviewAt { get; private set; }

    /// <summary>What the next decision needs, in ordinal order.</summary>
    public EquatableArray<KeyValuePair<string, DateTimeOffset>> TrueSince => next.ToEquatableArray();

    /// <summary>Whether the claim of that key, which is now <paramref name="operand"/>, has held for <paramref name="duration"/>.</summary>
    public Truth HasHeld(string key, Truth operand, TimeSpan duration)
    {
        if (operand != Truth.True)
        {
            return operand;
        }
        var start = since.TryGetValue(key, out var at) && at <= now ? at : now;
        next[key] = start;
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
        if (instant > now && (ReviewAt is null || instant < ReviewAt))
        {
            ReviewAt = instant;
        }
    }
}
