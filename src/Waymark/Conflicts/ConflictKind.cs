namespace Waymark.Conflicts;

/// <summary>
/// How a policy stands to others, worst first (after Al-Shaer and Hamed, INFOCOM 2004). Two policies <em>say the same</em> where they want the same; one <em>covers</em> another where it is elected
/// whenever the other is, has no end, and speaks of all of the other's flows. What is covered never applies, and conflicts with nothing else.
/// </summary>
public enum ConflictKind
{
    /// <summary>What it requires excludes itself: no path can ever satisfy it.</summary>
    Unsatisfiable,

    /// <summary>Its conditions exclude each other: it is never elected.</summary>
    NeverElected,

    /// <summary>Another requester's policy covers it and says otherwise.</summary>
    Overruled,

    /// <summary>An earlier policy of the same requester covers it and says otherwise.</summary>
    Shadowed,

    /// <summary>Several earlier policies together decide all of its flows whenever it is elected.</summary>
    ShadowedTogether,

    /// <summary>An earlier policy covers it and says the same.</summary>
    Duplicate,

    /// <summary>Another requester's policy goes first for some of its flows and says otherwise.</summary>
    Contradictory,

    /// <summary>An earlier policy of the same requester goes first for some of its flows and says otherwise, and neither speaks of all of the other's; or they speak of the same flows under other conditions.</summary>
    Correlated,

    /// <summary>An earlier policy of the same requester says otherwise of a part of its flows: the usual way to make an exception.</summary>
    Generalised,
}
