using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>A rule as it is searched: its addresses, what else it asks, and what it answers.</summary>
/// <param name="Place">Its place in the order of precedence: of two that match, the lower one decides.</param>
/// <param name="Bounds">Between which values its fields lie.</param>
/// <param name="Peer">The peer's addresses; null: any.</param>
/// <param name="Local">This end's addresses; null: any.</param>
/// <param name="Transport">What it asks of ports and protocol.</param>
/// <param name="Class">Its class.</param>
internal sealed record SearchedRule(int Place, PieceBounds Bounds, RangeSet? Peer, RangeSet? Local, TransportMatch Transport, int Class)
{
    /// <summary>The rule that a piece without odd matches is.</summary>
    public static SearchedRule Of(Piece piece, int place) =>
        new(place, PieceBounds.Of(piece.Box), piece.Box.Peer, piece.Box.Local, new(piece.Box.PeerPort, piece.Box.LocalPort, piece.Box.Protocol), piece.Class);
}

/// <summary>What a rule asks of the fields behind the addresses.</summary>
/// <param name="PeerPort">The peer's ports; null: any, also none.</param>
/// <param name="LocalPort">This end's ports; null: any, also none.</param>
/// <param name="Protocol">The protocols; null: any.</param>
internal sealed record TransportMatch(RangeSet? PeerPort, RangeSet? LocalPort, RangeSet? Protocol)
{
    /// <summary>Whether every packet meets it.</summary>
    public bool IsAnything => PeerPort is null && LocalPort is null && Protocol is null;

    /// <summary>Whether every packet that meets <paramref name="other"/> meets this.</summary>
    public bool Covers(TransportMatch other) => Covers(PeerPort, other.PeerPort) && Covers(LocalPort, other.LocalPort) && Covers(Protocol, other.Protocol);

    private static bool Covers(RangeSet? outer, RangeSet? inner) => outer is null || (inner is not null && outer.Contains(inner));
}
