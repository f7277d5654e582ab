namespace Waymark.PathExamination.BfdSessions;

/// <summary>Why a session changed its state last, with its number on the wire (RFC 5880 section 4.1, <c>Diag</c>). Numbers 9 to 31 are reserved, and read as they are.</summary>
public enum BfdDiagnostic
{
    /// <summary>No reason.</summary>
    None = 0,

    /// <summary>Nothing was heard for the detection time.</summary>
    DetectionTimeExpired = 1,

    /// <summary>Echo packets did not come back.</summary>
    EchoFailed = 2,

    /// <summary>The other end said that it is down.</summary>
    NeighborSignaledDown = 3,

    /// <summary>What forwards packets was started anew.</summary>
    ForwardingPlaneReset = 4,

    /// <summary>The path was said to be down by something else.</summary>
    PathDown = 5,

    /// <summary>A path behind this one is down.</summary>
    ConcatenatedPathDown = 6,

    /// <summary>Its administrator holds it down.</summary>
    AdministrativelyDown = 7,

    /// <summary>A path behind this one is down in the other direction.</summary>
    ReverseConcatenatedPathDown = 8,
}
