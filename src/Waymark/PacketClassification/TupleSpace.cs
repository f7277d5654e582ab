using Waymark.Flows;

namespace Waymark.PacketClassification;

/// <summary>
/// Ordered selectors as tables, one for each tuple, of which a packet meets one bucket each. The tables that hold the earliest come first: once something is found, the rest
/// need not be asked. Immutable.
/// </summary>
internal sealed class TupleSpace
{
    /// <summary>In a bucket with more than these a box goes to a table of its own narrower tuple.</summary>
    private const int MostInBucket = 24;

    private readonly TupleTable[] tables4, tables6;

    private TupleSpace(TupleTable[] tables4, TupleTable[] tables6) => (this.tables4, this.tables6) = (tables4, tables6);

    /// <summary>How many tables a packet of a family may have to be looked up in.</summary>
    public int Tables(IpFamily family) => family == IpFamily.V4 ? tables4.Length : tables6.Length;

    /// <summary>Makes the tables.</summary>
    /// <param name="selectors">With the number of each, ascending.</param>
    public static TupleSpace Of(IEnumerable<(FlowSelector Selector, int Number)> selectors)
    {
        var drafts = new Dictionary<Tuple, TupleTable.Draft>();
        foreach (var (selector, number) in selectors)
        {
            foreach (var box in selector.Boxes)
            {
                var own = Tuple.Of(box);
                var wide = own.Widened();
                if (!DraftOf(wide.OfAddresses()).TryAdd(box, number, MostInBucket) && !DraftOf(wide).TryAdd(box, number, MostInBucket))
                {
                    DraftOf(own).TryAdd(box, number, int.MaxValue);
                }
            }
        }
        return new(Finished(IpFamily.V4), Finished(IpFamily.V6));

        TupleTable.Draft DraftOf(Tuple tuple)
        {
            if (!drafts.TryGetValue(tuple, out var draft))
            {
                drafts[tuple] = draft = new(tuple);
            }
            return draft;
        }

        TupleTable[] Finished(IpFamily family) => [.. drafts.Where(one => one.Key.Family == family).Select(one => one.Value.Finish()).OrderBy(table => table.First)];
    }

    /// <summary>The place of the first selector that holds the packet, if it is before <paramref name="best"/>; else that.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="places">The place of each number; negative (-1 less the place of the next that is left) where it is there no more.</param>
    /// <param name="best">What is known already.</param>
    public int Find(Packet packet, ReadOnlySpan<int> places, int best)
    {
        foreach (var table in packet.Family == IpFamily.V4 ? tables4 : tables6)
        {
            var first = places[table.First];
            if ((first < 0 ? ~first : first) >= best)
            {
                break;
            }
            foreach (var (box, owner) in table.Bucket(packet))
            {
                var place = places[owner];
                if (place >= best)
                {
                    break;
                }
                if (place >= 0 && box.Matches(packet))
                {
                    best = place;
                    break;
                }
            }
        }
        return best;
    }
}
