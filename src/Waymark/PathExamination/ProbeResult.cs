namespace Waymark.PathExamination;

/// <summary>What came of one probe.</summary>
/// <param name="SentAt">When it was sent.</param>
/// <param name="RoundTrip">How long the answer took; null: none came in time.</param>
/// <param name="Fault">Why it could not be sent at all; that is no loss. Null: it was sent.</param>
public readonly record struct ProbeResult(DateTimeOffset SentAt, TimeSpan? RoundTrip, string? Fault)
{
    /// <summary>Whether an answer came.</summary>
    public bool IsAnswered => RoundTrip is not null;
}
