namespace Waymark.Daemon.Store;

/// <summary>Changes of one requester that are taken back unless he confirms them in time.</summary>
/// <param name="By">Who made them.</param>
/// <param name="ConfirmBy">When they are taken back.</param>
/// <param name="Length">How long that was from the last of them on, and is again from when the kernel has followed it: a clock that was set back does not make it longer.</param>
/// <param name="Sets">The sets that they are about, in order of owner, name.</param>
/// <param name="IsFollowed">Whether the time is counted from when the kernel had followed; before, from when the last of them was accepted.</param>
internal sealed record UnconfirmedChanges(string By, DateTimeOffset ConfirmBy, TimeSpan Length, EquatableArray<(string Owner, string Name)> Sets, bool IsFollowed);
