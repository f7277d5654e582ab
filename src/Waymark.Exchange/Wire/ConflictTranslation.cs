using System.Diagnostics;
using Waymark.Conflicts;

namespace Waymark.Exchange.Wire;

/// <summary>Conflicts as messages.</summary>
public static class ConflictTranslation
{
    /// <summary>A conflict.</summary>
    public static V1.Conflict ToWire(PolicyConflict core)
    {
        var wire = new V1.Conflict { Kind = ToWire(core.Kind), Policy = DecisionTranslation.ToWire(core.Policy.Origin), Others = (uint)core.Others, Shared = DecisionTranslation.ToWire(core.Shared) };
        if (core.Winner is { } winner)
        {
            wire.Winner = DecisionTranslation.ToWire(winner.Origin);
        }
        return wire;
    }

    /// <summary>A kind.</summary>
    public static V1.ConflictKind ToWire(ConflictKind core) => core switch
    {
        ConflictKind.Unsatisfiable => V1.ConflictKind.Unsatisfiable,
        ConflictKind.NeverElected => V1.ConflictKind.NeverElected,
        ConflictKind.Overruled => V1.ConflictKind.Overruled,
        ConflictKind.Shadowed => V1.ConflictKind.Shadowed,
        ConflictKind.ShadowedTogether => V1.ConflictKind.ShadowedTogether,
        ConflictKind.Duplicate => V1.ConflictKind.Duplicate,
        ConflictKind.Contradictory => V1.ConflictKind.Contradictory,
        ConflictKind.Correlated => V1.ConflictKind.Correlated,
        ConflictKind.Generalised => V1.ConflictKind.Generalised,
        _ => throw new UnreachableException(),
    };
}
