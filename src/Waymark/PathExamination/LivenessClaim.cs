namespace Waymark.PathExamination;

/// <summary>What a standing conversation with a target says of the path at a moment.</summary>
public enum LivenessClaim
{
    /// <summary>Nothing: it cannot be held, or the other end has withdrawn from it, which is no failure of the path (RFC 5882 section 3.2).</summary>
    None,

    /// <summary>Both ends hear each other.</summary>
    Alive,

    /// <summary>They do not.</summary>
    Silent,
}
