namespace Waymark.PathExamination;

/// <summary>What becomes of a value from outside.</summary>
public enum OutsideStanding
{
    /// <summary>Decisions see it.</summary>
    InForce,

    /// <summary>There is no path of that name at the moment.</summary>
    PathAway,

    /// <summary>The node file says another value, and the administrator goes first.</summary>
    Configured,

    /// <summary>A requester of lower rank has said another value.</summary>
    Overruled,

    /// <summary>Its requester may not say it any more.</summary>
    Forbidden,
}
