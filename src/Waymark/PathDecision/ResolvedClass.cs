using Waymark.FilterRules;
using Waymark.Flows;

namespace Waymark.PathDecision;

/// <summary>What became of a class in one region.</summary>
/// <param name="Class">What its flows do.</param>
/// <param name="Reason">Why.</param>
/// <param name="V4">Of its IPv4 flows.</param>
/// <param name="V6">Of its IPv6 flows.</param>
internal sealed record ResolvedClass(FilterClass Class, ClassReason Reason, FamilyOutcome V4, FamilyOutcome V6)
{
    /// <summary>Its number alone.</summary>
    public EquatableArray<int> Numbers { get; } = [Class.Number];

    /// <summary>All that the standing of a policy depends on.</summary>
    public ClassStanding Standing => new(Class.Number, V4.Failure, V4.HasPaths, V6.Failure, V6.HasPaths);

    /// <summary>What the next decision must know.</summary>
    public IEnumerable<PathsInUse> InUse
    {
        get
        {
            if (!V4.Shares.IsEmpty)
            {
                yield return new(Class.Number, IpFamily.V4, V4.Shares, Class.Backup4);
            }
            if (!V6.Shares.IsEmpty)
            {
                yield return new(Class.Number, IpFamily.V6, V6.Shares, Class.Backup6);
            }
        }
    }
}

/// <summary>How a class stands: its number, and what failed of each family. Equal ones make equal filter rules and standings.</summary>
internal readonly record struct ClassStanding(int Number, Failure? V4, bool HasPaths4, Failure? V6, bool HasPaths6);
