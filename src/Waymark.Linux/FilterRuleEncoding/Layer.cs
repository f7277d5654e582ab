using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>Pieces that are looked up together: of one shape and disjoint.</summary>
/// <param name="Shape">What they share.</param>
internal sealed record Layer(LayerShape Shape)
{
    /// <summary>The pieces, in order of precedence.</summary>
    public List<Piece> Pieces { get; } = [];
}

/// <summary>What decides in which map a piece can stand.</summary>
/// <param name="Odd">Its matches before the lookup, and its family.</param>
/// <param name="Fields">The fields of the key.</param>
/// <param name="IsExact">Whether keys are single values, so that the map is a hash table: constant time, and changed element by element.</param>
/// <param name="IsMortal">Whether its elements end by themselves. What ends must uncover what is below it, so mortal pieces have maps of their own.</param>
internal sealed record LayerShape(FlowBox Odd, KeyFields Fields, bool IsExact, bool IsMortal)
{
    /// <summary>That of a piece.</summary>
    public static LayerShape Of(Piece piece)
    {
        // A rule cannot end by itself, an element can: a mortal piece without a field is looked up by any protocol.
        var fields = piece.Fields == KeyFields.None && piece.EndsAt is not null ? KeyFields.Protocol : piece.Fields;
        return new(piece.Odd, fields, fields == piece.Fields && piece.IsExact, piece.EndsAt is not null);
    }
}
