using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.FilterRules;

/// <summary>
/// Policies with the same action form one class: filter rules bind selectors to classes, this binds classes to paths. (The authors' own filter-rule draft had
/// this level too: rule -> FIID -> BID.) A change of ranking changes classes only, never rules.
/// </summary>
public sealed record FilterClass
{
    /// <summary>From 1; kept while the class exists, and not given to another class as long as flows may carry it (the decision's memory sees to it).</summary>
    public required int Number { get; init; }

    /// <summary>What becomes of its IPv4 flows.</summary>
    public required FilterAction V4 { get; init; }

    /// <summary>What becomes of its IPv6 flows.</summary>
    public required FilterAction V6 { get; init; }

    /// <summary>
    /// Which path new IPv4 flows take from the moment the one in use is lost until the next decision, which agrees; null: they are refused that long. Decided
    /// beforehand, so that the loss of a path moves any number of classes in one step (as BGP's prefix-independent convergence does for routes).
    /// </summary>
    public PathId? Backup4 { get; init; }

    /// <summary>As <see cref="Backup4"/>, for IPv6.</summary>
    public PathId? Backup6 { get; init; }

    /// <summary>
    /// Paths on which established flows of the class may not go on: local or forwarded ones are reset there (UDP: forgotten, so that the next datagram is decided
    /// anew), inbound ones refused. For a strict class every path of the family that does not satisfy it, from the start. In order of path.
    /// </summary>
    public EquatableArray<PathId> Denied4 { get; init; } = [];

    /// <summary>As <see cref="Denied4"/>, for IPv6.</summary>
    public EquatableArray<PathId> Denied6 { get; init; } = [];

    /// <summary>Whether its packets may never leave over a path that does not satisfy it, not even one (<c>else drop</c>, <c>drop</c>).</summary>
    public bool IsStrict { get; init; }

    /// <summary>What becomes of established flows when the decision changes.</summary>
    public Established Established { get; init; }

    /// <summary>
    /// Whether a flow that came in is answered by the path chosen here, and not by the one that it came in on. Only its other end can want that, for it has to take the answer from there. An address that belongs to a path stays
    /// with it all the same.
    /// </summary>
    public bool SteersAnswers { get; init; }

    /// <summary>When the class ends by itself; null: never. Part of its identity.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>What becomes of its flows of <paramref name="family"/>.</summary>
    public FilterAction Action(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    /// <summary>The backup path of <paramref name="family"/>.</summary>
    public PathId? Backup(IpFamily family) => family == IpFamily.V4 ? Backup4 : Backup6;

    /// <summary>The denied paths of <paramref name="family"/>.</summary>
    public EquatableArray<PathId> Denied(IpFamily family) => family == IpFamily.V4 ? Denied4 : Denied6;
}
