using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>
/// What one decision hands to the next, and nothing besides: without it the decision would be a function of the moment alone and could neither count
/// <c>for 10 s</c> nor keep a path in use. Durable: a daemon that starts again goes on from it.
/// </summary>
public sealed record DecisionMemory
{
    /// <summary>That of the first decision.</summary>
    public static DecisionMemory None { get; } = new();

    /// <summary>Since when each operand of a <c>for</c> has held without a break; keyed by a canonical text of operand and path; in ordinal order.</summary>
    public EquatableArray<KeyValuePair<string, DateTimeOffset>> TrueSince { get; init; } = [];

    /// <summary>Which number each class has, keyed by a canonical text of its action; in ordinal order of key.</summary>
    public EquatableArray<KeyValuePair<string, int>> ClassNumbers { get; init; } = [];

    /// <summary>Which paths (with weights) each class uses, by number and family; in that order.</summary>
    public EquatableArray<PathsInUse> InUse { get; init; } = [];

    /// <summary>Flap penalties that are not yet zero, in order of path.</summary>
    public EquatableArray<FlapPenalty> Penalties { get; init; } = [];
}

/// <summary>The paths that a class uses.</summary>
/// <param name="Class">Its number.</param>
/// <param name="Family">Of which flows.</param>
/// <param name="Shares">The paths and their weights; one of weight 1 where flows are not spread.</param>
/// <param name="Backup">The path that takes over when the one in use is lost; null: none.</param>
public sealed record PathsInUse(int Class, IpFamily Family, EquatableArray<FilterRules.PathShare> Shares, PathId? Backup);

/// <summary>How much a path has been flapping.</summary>
/// <param name="Path">The path.</param>
/// <param name="Value">The penalty at <paramref name="At"/>.</param>
/// <param name="At">When it was last computed.</param>
/// <param name="IsSuppressed">Whether the path is held down.</param>
/// <param name="WasUp">Whether the path was up in any family at that time.</param>
public sealed record FlapPenalty(PathId Path, double Value, DateTimeOffset At, bool IsSuppressed, bool WasUp);
