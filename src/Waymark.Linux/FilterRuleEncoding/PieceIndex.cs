using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>Finds the pieces that overlap a box without looking at all of them: by the longest prefix that holds all peers of each.</summary>
internal sealed class PieceIndex
{
    private readonly Dictionary<IpPrefix, List<PlacedPiece>> byPrefix = [];
    private readonly SortedSet<IpPrefix> prefixes = [];
    private readonly SortedSet<int> lengths = [];

    /// <summary>Adds a piece that stands at a place.</summary>
    public void Add(Piece piece, PieceBounds bounds, int place)
    {
        var prefix = Around(piece.Box.Family, bounds);
        if (!byPrefix.TryGetValue(prefix, out var list))
        {
            byPrefix[prefix] = list = [];
            prefixes.Add(prefix);
            lengths.Add(prefix.Length);
        }
        list.Add(new(piece, bounds, place));
    }

    /// <summary>The pieces that may overlap a box with these bounds, and others: those whose peers lie around the box's, then those whose peers lie in it.</summary>
    public IEnumerable<List<PlacedPiece>> Near(IpFamily family, PieceBounds bounds)
    {
        var around = Around(family, bounds);
        foreach (var length in lengths)
        {
            if (length >= around.Length)
            {
                break;
            }
            if (byPrefix.TryGetValue(new(around.First, length), out var wider))
            {
                yield return wider;
            }
        }
        if (around.Length == IpAddress.Width(family))
        {
            // Nothing lies in a single address but itself.
            if (byPrefix.TryGetValue(around, out var same))
            {
                yield return same;
            }
            yield break;
        }
        foreach (var prefix in prefixes.GetViewBetween(around, new(around.Last, IpAddress.Width(around.Family))))
        {
            yield return byPrefix[prefix];
        }
    }

    private static IpPrefix Around(IpFamily family, PieceBounds bounds)
    {
        var width = IpAddress.Width(family);
        var shared = (int)UInt128.LeadingZeroCount(bounds.Peer.Low ^ bounds.Peer.High) - (128 - width);
        return new(new(family, bounds.Peer.Low), Math.Min(shared, width));
    }
}

/// <summary>A piece and the place where it stands.</summary>
/// <param name="Piece">The piece.</param>
/// <param name="Bounds">Of its box.</param>
/// <param name="Place">Number of its layer.</param>
internal sealed record PlacedPiece(Piece Piece, PieceBounds Bounds, int Place);
