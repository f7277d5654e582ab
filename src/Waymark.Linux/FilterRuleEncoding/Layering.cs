using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Ordered pieces as few maps, looked up one after the other. A piece stands below every earlier one of another class that it overlaps, and its map holds nothing
/// that it overlaps (the kernel's interval maps refuse that); so the first map that knows a packet gives the answer of the first piece that matches it.
/// </summary>
internal static class Layering
{
    /// <summary>The maps, in the order of their lookup.</summary>
    public static List<Layer> Of(IEnumerable<Piece> pieces)
    {
        List<Layer> layers = [];
        Dictionary<LayerShape, List<int>> places = [];
        var index = new PieceIndex();
        HashSet<int> clashes = [];
        foreach (var piece in pieces)
        {
            var bounds = PieceBounds.Of(piece.Box);
            var (least, isShadowed) = Above(index, piece, bounds, clashes);
            if (!isShadowed)
            {
                var at = PlaceFor(LayerShape.Of(piece), least);
                layers[at].Pieces.Add(piece);
                index.Add(piece, bounds, at);
            }
        }
        return layers;

        int PlaceFor(LayerShape shape, int least)
        {
            if (!places.TryGetValue(shape, out var own))
            {
                places[shape] = own = [];
            }
            foreach (var place in own)
            {
                if (place >= least && !clashes.Contains(place))
                {
                    return place;
                }
            }
            layers.Add(new(shape));
            own.Add(layers.Count - 1);
            return layers.Count - 1;
        }
    }

    /// <summary>The first place below all earlier pieces of other classes that this one overlaps, and whether an earlier one hides it; collects where it would clash.</summary>
    private static (int Least, bool IsShadowed) Above(PieceIndex index, Piece piece, PieceBounds bounds, HashSet<int> clashes)
    {
        var least = 0;
        clashes.Clear();
        foreach (var list in index.Near(piece.Box.Family, bounds))
        {
            foreach (var (earlier, around, place) in list)
            {
                // What ends may not hide anything.
                var mayHide = earlier.EndsAt is null && around.Contains(bounds);
                if ((place < least && !mayHide) || !around.MayOverlap(bounds) || !(around.IsWhole && bounds.IsWhole) && !earlier.Box.Overlaps(piece.Box))
                {
                    continue;
                }
                if (mayHide && Covers(earlier.Box, piece.Box))
                {
                    return (least, true);
                }
                if (earlier.Class == piece.Class)
                {
                    clashes.Add(place);
                }
                else
                {
                    least = Math.Max(least, place + 1);
                }
            }
        }
        return (least, false);
    }

    private static bool Covers(FlowBox outer, FlowBox inner) => !inner.Subtract(outer).Any();
}
