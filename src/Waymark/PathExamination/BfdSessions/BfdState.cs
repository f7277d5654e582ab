namespace Waymark.PathExamination.BfdSessions;

/// <summary>The state of a session at one end, with its number on the wire (RFC 5880 section 4.1, <c>Sta</c>).</summary>
public enum BfdState
{
    /// <summary>Held down by its administrator: says nothing of the path (RFC 5882 section 3.2).</summary>
    AdminDown = 0,

    /// <summary>The other end is not heard, or has just begun.</summary>
    Down = 1,

    /// <summary>The other end is heard, but does not know yet that it is.</summary>
    Init = 2,

    /// <summary>Both ends hear each other.</summary>
    Up = 3,
}
