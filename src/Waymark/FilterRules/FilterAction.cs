using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.FilterRules;

/// <summary>What becomes of the flows of a class, of one address family.</summary>
public abstract record FilterAction
{
    private FilterAction()
    {
    }

    /// <summary>They are refused.</summary>
    public sealed record Drop : FilterAction;

    /// <summary>They are left to the operating system's own routing.</summary>
    public sealed record Default : FilterAction;

    /// <summary>New ones take this path.</summary>
    public sealed record Use(PathId Path) : FilterAction;

    /// <summary>New ones are spread over the paths.</summary>
    /// <param name="Shares">In order of path; each weight is at least 1; their sum is 16 for up to four paths, 32 up to eight, and so on.</param>
    /// <param name="Per">What stays together.</param>
    public sealed record Spread(EquatableArray<PathShare> Shares, BalancePer Per) : FilterAction;

    /// <summary>Each packet over all of the paths, by the protocol that they share.</summary>
    public sealed record Duplicate(EquatableArray<PathId> Paths) : FilterAction;
}

/// <summary>A path's part in a spread.</summary>
/// <param name="Path">The path.</param>
/// <param name="Weight">Its share, from 1.</param>
public readonly record struct PathShare(PathId Path, int Weight);
