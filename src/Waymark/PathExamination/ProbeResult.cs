namespace Waymark.PathExamination;

/// <summary>What came of one probe.</summary>
/// <param name="SentAt">When it was sent.</param>
/// <param name="RoundTrip">How long the answer took; null: none came in time.</param>
/// <param name="Fault">Why it could not be sent at all, or its answer cannot be believed; that is no loss. Null: neither.</param>
public readonly record struct ProbeResult(DateTimeOffset SentAt, TimeSpan? RoundTrip, string? Fault)
{
    /// <summary>Whether an answer came.</summary>
    public bool IsAnswered => RoundTrip is not null;

    /// <summary>How long it took until the answer was known to be good, where that is longer than the path's round trip (a page); null: as long as that.</summary>
    public TimeSpan? Taken { get; init; }

    /// <summary>
    /// Why what came is no good answer, though something came: somebody between (a captive portal, RFC 8952) or the target itself says that it does not serve us. It counts as none, but not as a loss. One line, and not
    /// trusted: others wrote parts of it. Null: nothing came, or all was well.
    /// </summary>
    public string? Finding { get; init; }

    /// <summary>How long each way took; null where the probe cannot tell.</summary>
    public OneWayDelays? OneWay { get; init; }

    /// <summary>On which way packets were lost, of this probe and those before it; null where the probe cannot tell.</summary>
    public DirectionalLoss? Losses { get; init; }
}
