namespace Waymark.PathExamination;

/// <summary>What is looked at of a path's estimates to see whether they say anything new. Seconds, and a share; null: unknown.</summary>
/// <param name="RoundTrip">The smoothed round trip of the nearest target.</param>
/// <param name="Jitter">Its jitter.</param>
/// <param name="Loss">Lost of all.</param>
/// <param name="Trained">When the newest train was sent that told something.</param>
public readonly record struct ProbeImpression(double? RoundTrip, double? Jitter, double? Loss, DateTimeOffset? Trained)
{
    /// <summary>A change of less than a fiftieth, or of a tenth of a millisecond, is one that no wish and no claim is made for.</summary>
    private const double Share = 0.02, Least = 0.0001;

    /// <summary>Whether nobody would notice the difference.</summary>
    public bool IsLike(ProbeImpression other) =>
        IsNear(RoundTrip, other.RoundTrip) && IsNear(Jitter, other.Jitter) && Loss == other.Loss && Trained == other.Trained;

    private static bool IsNear(double? one, double? other) =>
        one is { } a && other is { } b ? Math.Abs(a - b) <= Math.Max(Least, Share * Math.Max(a, b)) : one is null == other is null;
}
