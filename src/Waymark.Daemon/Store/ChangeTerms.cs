namespace Waymark.Daemon.Store;

/// <summary>On what terms a change of sets is made.</summary>
/// <param name="By">The requester who makes it; the set may be another's.</param>
/// <param name="ConfirmWithin">In what time he confirms it, or it is taken back; null: it stands, unless others of his are unconfirmed.</param>
/// <param name="Submission">By what it is known again when it is asked for once more; null: by nothing.</param>
internal sealed record ChangeTerms(string By, TimeSpan? ConfirmWithin = null, Submission? Submission = null);

/// <summary>A request as its requester numbers it.</summary>
/// <param name="Id">What he chose, at random.</param>
/// <param name="Digest">SHA-256 of all that he asks for: the same again, or not.</param>
internal sealed record Submission(Guid Id, EquatableArray<byte> Digest);
