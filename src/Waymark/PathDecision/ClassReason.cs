using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>Why a class has its paths: every candidate and what excluded it or placed it. Data; the command line makes sentences of it.</summary>
/// <param name="Class">The class's number; 0 for a policy that became none.</param>
/// <param name="Action">The wish of its policies.</param>
/// <param name="Else">Their fallbacks, in order.</param>
/// <param name="V4">How the IPv4 flows were decided; null where no flow of the class is IPv4.</param>
/// <param name="V6">How the IPv6 flows were decided; null where no flow of the class is IPv6.</param>
public sealed record ClassReason(int Class, PolicyAction Action, EquatableArray<PolicyAction> Else, FamilyReason? V4, FamilyReason? V6);

/// <summary>How the flows of one family were decided.</summary>
/// <param name="Family">The family.</param>
/// <param name="Stage">Which wish served: 0 the main one, 1 the first else ...; null: none did.</param>
/// <param name="Candidates">Every path, in the order of the outcome: chosen first, then by rank, then the excluded ones by id.</param>
public sealed record FamilyReason(IpFamily Family, int? Stage, EquatableArray<Candidate> Candidates);

/// <summary>A path and how it fared at the stage that served (or at the main wish where none did).</summary>
/// <param name="Path">The path.</param>
/// <param name="Verdict">How it fared.</param>
/// <param name="Findings">The claims that were looked at, wanted beside measured: those of the wishes that no path satisfied, in their order, then those of the one that served.</param>
public sealed record Candidate(PathId Path, CandidateVerdict Verdict, EquatableArray<Finding> Findings);

/// <summary>How a candidate fared.</summary>
public enum CandidateVerdict
{
    /// <summary>New flows take it.</summary>
    Chosen,

    /// <summary>It satisfies the requirement but another is preferred.</summary>
    NotPreferred,

    /// <summary>It is within tolerance of, or better than, the chosen one, but the one in use stays (hysteresis, <c>for</c>).</summary>
    KeptOther,

    /// <summary>It has been flapping and is held down.</summary>
    HeldDown,

    /// <summary>It does not satisfy the requirement.</summary>
    Violates,

    /// <summary>Something that the requirement speaks of is not measured.</summary>
    Unknown,

    /// <summary>It is down.</summary>
    Down,

    /// <summary>It has no address or no route of the family.</summary>
    NoFamily,

    /// <summary>Its protocol cannot carry these flows.</summary>
    OutOfScope,

    /// <summary>The administrator disabled it.</summary>
    Disabled,
}

/// <summary>One claim about one path: what was wanted beside what was measured.</summary>
/// <param name="Wanted">The claim; null for a ranking by <paramref name="Characteristic"/>.</param>
/// <param name="Characteristic">What was looked at.</param>
/// <param name="Truth">Whether the claim holds; for a ranking: whether the path stayed in, unknown where it is measured of no path and all stayed.</param>
/// <param name="Measured">The value that was looked at, with age and samples; null: not measured.</param>
public sealed record Finding(Predicate? Wanted, string Characteristic, Truth Truth, Measured? Measured);
