using Waymark.Policies;

namespace Waymark.Daemon.Requests;

/// <summary>A set that is there while its requester is connected. It is in memory alone: what ends with the daemon cannot outlive it.</summary>
/// <param name="id">By what it is told from others of the same name.</param>
/// <param name="requester">Whose it is.</param>
/// <param name="name">What he calls it.</param>
/// <param name="set">What it asks for.</param>
/// <param name="at">Since when.</param>
/// <param name="since">Since when its policies with a lifetime count.</param>
/// <param name="grace">For how long it stays when the connection has ended.</param>
/// <param name="holder">As which requester who holds it would be let in now, also when he is not connected; null: as none.</param>
internal sealed class Lease(Guid id, string requester, string name, PolicySet set, DateTimeOffset at, EquatableArray<KeyValuePair<Policy, DateTimeOffset>> since, TimeSpan grace, Func<string?> holder)
{
    private readonly TaskCompletionSource<LeaseEnd> end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>By what it is told from others of the same name, before and after it.</summary>
    public Guid Id { get; } = id;

    public string Requester { get; } = requester;

    public string Name { get; } = name;

    public PolicySet Set { get; } = set;

    public DateTimeOffset At { get; } = at;

    public EquatableArray<KeyValuePair<Policy, DateTimeOffset>> Since { get; } = since;

    public TimeSpan Grace { get; } = grace;

    /// <summary>Whether who holds it still is who he was when he asked for it.</summary>
    public bool IsRightful => holder() == Requester;

    /// <summary>When the connection ended, by the clock that nobody can set, and by that of the day; null: it has not.</summary>
    public (long Timestamp, DateTimeOffset Time)? Lost { get; set; }

    /// <summary>How it ended, while the connection still was there.</summary>
    public Task<LeaseEnd> Ended => end.Task;

    /// <summary>Ends it.</summary>
    public void End(LeaseEnd how) => end.TrySetResult(how);
}

/// <summary>How a lease ends whose connection is there.</summary>
internal enum LeaseEnd
{
    /// <summary>The set was withdrawn.</summary>
    Withdrawn,

    /// <summary>Another connection of the same requester holds the set now.</summary>
    TakenOver,

    /// <summary>Who holds it is no longer its requester: revoked, expired, or otherwise in the node file.</summary>
    Expelled,
}
