using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>What is looked up between two sections' borders: first the layers, then the search of each family that has one.</summary>
/// <param name="Layers">In the order of their lookup.</param>
/// <param name="Searches">At most one a family.</param>
internal sealed record SearchSection(IReadOnlyList<Layer> Layers, IReadOnlyList<RuleSearch> Searches);

/// <summary>
/// Pieces as sections, looked up one after the other. A search knows addresses, ports and protocol only and keeps what it knows: pieces with odd matches, and those that
/// end by themselves, stay in layers. One that comes before all that it shares packets with stands in front of the search; one that does not begins another section.
/// </summary>
internal static class SearchSections
{
    /// <summary>The sections of <paramref name="pieces"/>; none where no family has more than <paramref name="mostLayers"/> layers, or no search is worth its size.</summary>
    /// <param name="pieces">In order of precedence.</param>
    /// <param name="layers">The same pieces as layers only.</param>
    /// <param name="mostLayers">So many lookups in a row are let be.</param>
    public static List<SearchSection> Of(IReadOnlyList<Piece> pieces, IReadOnlyList<Layer> layers, int mostLayers)
    {
        var families = layers.CountBy(layer => layer.Shape.Odd.Family).Where(count => count.Value > mostLayers).Select(count => count.Key).ToHashSet();
        if (families.Count == 0)
        {
            return [];
        }
        var sections = new List<SearchSection>();
        var left = pieces;
        while (left.Count > 0)
        {
            var (front, plain, rest) = Split(left, families);
            var searches = new List<RuleSearch>();
            foreach (var family in plain.GroupBy(piece => piece.Box.Family))
            {
                var own = family.ToList();
                // All of a family have been counted already.
                var isDeep = own.Count == pieces.Count(piece => piece.Box.Family == family.Key) || Layering.Of(own).Count > mostLayers;
                if (isDeep && RuleSearch.Of(own, family.Key) is { } search)
                {
                    searches.Add(search);
                }
                else
                {
                    front.AddRange(own);
                }
            }
            // Pieces of a family without search keep their order among themselves: those in front of none shared a packet with any of these.
            sections.Add(new(Layering.Of(front), searches));
            left = rest;
        }
        return sections.Exists(section => section.Searches.Count > 0) ? sections : [];
    }

    private static (List<Piece> Front, List<Piece> Plain, List<Piece> Behind) Split(IReadOnlyList<Piece> pieces, HashSet<IpFamily> families)
    {
        List<Piece> front = [], plain = [], rest = [];
        var (plainIndex, restIndex) = (new PieceIndex(), new PieceIndex());
        foreach (var piece in pieces)
        {
            var bounds = PieceBounds.Of(piece.Box);
            var isPlain = piece.EndsAt is null && PieceBounds.HasOnlyKeyFields(piece.Box) && families.Contains(piece.Box.Family);
            if (Meets(restIndex, piece, bounds) || (!isPlain && Meets(plainIndex, piece, bounds)))
            {
                rest.Add(piece);
                restIndex.Add(piece, bounds, 0);
            }
            else if (isPlain)
            {
                plain.Add(piece);
                plainIndex.Add(piece, bounds, 0);
            }
            else
            {
                front.Add(piece);
            }
        }
        return (front, plain, rest);
    }

    private static bool Meets(PieceIndex index, Piece piece, PieceBounds bounds)
    {
        foreach (var list in index.Near(piece.Box.Family, bounds))
        {
            foreach (var (earlier, around, _) in list)
            {
                if (around.MayOverlap(bounds) && earlier.Box.Overlaps(piece.Box))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
