namespace Waymark.Daemon.Store;

/// <summary>What came of a request to change sets.</summary>
/// <param name="Sets">What it was about, in order of owner, name.</param>
/// <param name="IsChange">Whether anything is otherwise than before.</param>
/// <param name="IsInForce">Whether the set is in force now; of a confirmation it says nothing.</param>
/// <param name="ConfirmBy">When the requester's unconfirmed changes are taken back; null: there are none.</param>
internal sealed record ChangeOutcome(EquatableArray<(string Owner, string Name)> Sets, bool IsChange, bool IsInForce, DateTimeOffset? ConfirmBy = null)
{
    /// <summary>Whether it was done before, when it was asked for by the same submission.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Whether it was about a set that a connection held.</summary>
    public bool WasHeld { get; init; }

    /// <summary>The set, where it is about one.</summary>
    public string Name => Sets[0].Name;
}
