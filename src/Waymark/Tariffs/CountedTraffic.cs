namespace Waymark.Tariffs;

/// <summary>Which direction of a path's traffic counts for a tariff or a quota.</summary>
public enum CountedTraffic
{
    /// <summary>What comes and what goes.</summary>
    Both,

    /// <summary>What comes to this node.</summary>
    Down,

    /// <summary>What goes from this node.</summary>
    Up,
}
