namespace Waymark.Policies;

/// <summary>Whose policy something comes from, for every rule, error and explanation.</summary>
/// <param name="Requester">The requester's name.</param>
/// <param name="Set">The name of the requester's set (a file's name).</param>
/// <param name="Rule">The innermost named rule around it; null without one.</param>
/// <param name="Policy">Its name; null without one.</param>
/// <param name="Index">Its place among the policies of the set, in text order, from 1.</param>
public sealed record PolicyOrigin(string Requester, string Set, string? Rule, string? Policy, int Index)
{
    /// <summary>Where it stands in its text.</summary>
    public Place Place { get; init; }

    /// <summary>For people: <c>commuter.way:12:3 (voice)</c>.</summary>
    public override string ToString() =>
        (Place.Line == 0 ? $"{Set}#{Index}" : $"{Set}:{Place}") + (Policy is null ? "" : $" ({Policy})");
}
