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
            var least = 0;
            var isShadowed = false;
            clashes.Clear();
            foreach (var (earlier, place) in index.Overlapping(piece.Box))
            {
                // What ends may not hide anything.
                if (earlier.EndsAt is null && Covers(earlier.Box, piece.Box))
                {
                    isShadowed = true;
                    break;
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
            if (!isShadowed)
            {
                var at = PlaceFor(LayerShape.Of(piece), least);
                layers[at].Pieces.Add(piece);
                index.Add(piece, at);
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

    private static bool Covers(FlowBox outer, FlowBox inner) => !inner.Subtract(outer).Any();
}

/// <summary>Finds the pieces that overlap a box without looking at all of them: by the longest prefix that holds all peers of each.</summary>
internal sealed class PieceIndex
{
    private readonly Dictionary<IpPrefix, List<(Piece Piece, int Place)>> byPrefix = [];
    private readonly SortedSet<IpPrefix> prefixes = [];
    private readonly SortedSet<int> lengths = [];

    /// <summary>Adds a piece that stands at a place.</summary>
    public void Add(Piece piece, int place)
    {
        var prefix = Around(piece.Box);
        if (!byPrefix.TryGetValue(prefix, out var list))
        {
            byPrefix[prefix] = list = [];
            prefixes.Add(prefix);
            lengths.Add(prefix.Length);
        }
        list.Add((piece, place));
    }

    /// <summary>The pieces that overlap the box.</summary>
    public IEnumerable<(Piece Piece, int Place)> Overlapping(FlowBox box)
    {
        var around = Around(box);
        foreach (var length in lengths)
        {
            if (length >= around.Length)
            {
                break;
            }
            if (byPrefix.TryGetValue(new(around.First, length), out var wider))
            {
                foreach (var one in wider)
                {
                    if (one.Piece.Box.Overlaps(box))
                    {
                        yield return one;
                    }
                }
            }
        }
        foreach (var prefix in prefixes.GetViewBetween(around, new(around.Last, IpAddress.Width(around.Family))))
        {
            foreach (var one in byPrefix[prefix])
            {
                if (one.Piece.Box.Overlaps(box))
                {
                    yield return one;
                }
            }
        }
    }

    private static IpPrefix Around(FlowBox box)
    {
        if (box.Peer is not { } peer)
        {
            return new(new(box.Family, 0), 0);
        }
        var (low, high) = (peer.Ranges[0].Low, peer.Ranges[^1].High);
        var width = IpAddress.Width(box.Family);
        var shared = (int)UInt128.LeadingZeroCount(low ^ high) - (128 - width);
        return new(new(box.Family, low), Math.Min(shared, width));
    }
}
