namespace Waymark.Daemon.Store;

/// <summary>On what terms a change of sets is made.</summary>
/// <param name="By">The requester who makes it; the set may be another's.</param>
/// <param name="ConfirmWithin">In what time he confirms it, or it is taken back; null: it stands, unless others of his are unconfirmed.</param>
internal sealed record ChangeTerms(string By, TimeSpan? ConfirmWithin);
