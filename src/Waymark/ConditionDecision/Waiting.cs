namespace Waymark.ConditionDecision;

/// <summary>What an answer owes to time.</summary>
/// <param name="TrueSince">Since when each operand of a <c>for</c> in it has held, in ordinal order of key.</param>
/// <param name="ReviewAt">The earliest instant at which time alone could change it; null: none.</param>
internal readonly record struct Waiting(EquatableArray<KeyValuePair<string, DateTimeOffset>> TrueSince, DateTimeOffset? ReviewAt)
{
    /// <summary>The earlier of two instants, of which either may be missing.</summary>
    public static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
