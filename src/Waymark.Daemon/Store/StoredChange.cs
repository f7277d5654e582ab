namespace Waymark.Daemon.Store;

/// <summary>A change as it is on the disk: all that has to be known of it, read in its own transaction. What could not be read was not changed.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Unconfirmed">All unconfirmed changes since.</param>
/// <param name="Set">The set as it is now; null: it is gone.</param>
internal sealed record StoredChange(ChangeOutcome Outcome, IReadOnlyList<UnconfirmedChanges> Unconfirmed, StoredSet? Set);
