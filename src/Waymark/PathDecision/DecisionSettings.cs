namespace Waymark.PathDecision;

/// <summary>What the node file says that decisions depend on.</summary>
public sealed record DecisionSettings
{
    /// <summary>The defaults of the language: UTC, penalty 1000, suppress 2000, reuse 750, half-life 15 s.</summary>
    public static DecisionSettings Default { get; } = new();

    /// <summary>The zone of <c>time</c> and <c>day</c>.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Flap damping.</summary>
    public HoldDown HoldDown { get; init; } = new(1000, 2000, 750, TimeSpan.FromSeconds(15));

    /// <summary>How many classes the data plane's marks can tell apart, from 1.</summary>
    public int Classes { get; init; } = 1023;
}

/// <summary>Flap damping (language, Meaning 5; after RFC 2439): a fall adds to a path's penalty, which halves every half-life.</summary>
/// <param name="Penalty">What each fall adds, from 0 (0: no damping).</param>
/// <param name="Suppress">Above it the path is used only where no other satisfies the policy.</param>
/// <param name="Reuse">Below it the path is used again.</param>
/// <param name="HalfLife">More than zero.</param>
public sealed record HoldDown(int Penalty, int Suppress, int Reuse, TimeSpan HalfLife);
