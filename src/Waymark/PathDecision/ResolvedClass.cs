using Waymark.FilterRules;

namespace Waymark.PathDecision;

/// <summary>What became of a class in one region.</summary>
/// <param name="Class">What its flows do.</param>
/// <param name="Standing">All that the standing of a policy depends on.</param>
/// <param name="InUse4">Which paths its IPv4 flows use; null: none.</param>
/// <param name="InUse6">Which paths its IPv6 flows use; null: none.</param>
internal sealed record ResolvedClass(FilterClass Class, ClassStanding Standing, PathsInUse? InUse4, PathsInUse? InUse6)
{
    /// <summary>Its number alone.</summary>
    public EquatableArray<int> Numbers { get; } = [Class.Number];
}

/// <summary>How a class stands: its number, and what failed of each family. Equal ones make equal filter rules and standings.</summary>
internal readonly record struct ClassStanding(int Number, FamilyStanding V4, FamilyStanding V6);

/// <summary>How a class stands in one family.</summary>
/// <param name="Failure">Why no wish could be met and nothing was said for that case; null where all is well.</param>
/// <param name="HasPaths">Whether any path of the node carries the family at all.</param>
internal readonly record struct FamilyStanding(Failure? Failure, bool HasPaths);
