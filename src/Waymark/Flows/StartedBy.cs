namespace Waymark.Flows;

/// <summary>Who may have sent a flow's first packet; a set.</summary>
[Flags]
public enum StartedBy
{
    /// <summary>Nobody: matches no flow.</summary>
    None = 0,

    /// <summary>A program on this node.</summary>
    Here = 1,

    /// <summary>The other end: the flow came in over a path.</summary>
    Peer = 2,

    /// <summary>A host behind this node, whose flow this node forwards out over a path.</summary>
    Forwarded = 4,

    /// <summary>Anybody.</summary>
    Anyone = Here | Peer | Forwarded,
}
