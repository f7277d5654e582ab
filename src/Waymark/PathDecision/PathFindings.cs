using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>What was looked at of each path while a wish was tried.</summary>
/// <param name="count">How many paths there are.</param>
internal sealed class PathFindings(int count)
{
    private readonly List<Finding>?[] lists = new List<Finding>?[count];

    /// <summary>Those of the path, to add to.</summary>
    public List<Finding> Of(PathState path) => lists[path.Index] ??= [];

    /// <summary>Those of the path, in order.</summary>
    public EquatableArray<Finding> All(PathState path) => lists[path.Index]?.ToEquatableArray() ?? [];
}
