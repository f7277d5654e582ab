using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>A range in each of the fields behind the addresses.</summary>
internal readonly record struct TransportCell(NumberRange PeerPort, NumberRange LocalPort, NumberRange Protocol)
{
    /// <summary>The parts of this one that lie outside <paramref name="other"/>, disjoint; this one where they share nothing.</summary>
    public IEnumerable<TransportCell> Without(TransportCell other)
    {
        if (!Overlaps(other))
        {
            return [this];
        }
        // Protocol first: what another protocol leaves is whole in its ports, and few elements.
        var (cell, inside) = (this, Shared(Protocol, other.Protocol));
        var within = this with { Protocol = inside };
        var core = within with { PeerPort = Shared(PeerPort, other.PeerPort) };
        return
        [
            .. Outside(Protocol, inside).Select(range => cell with { Protocol = range }),
            .. Outside(PeerPort, core.PeerPort).Select(range => within with { PeerPort = range }),
            .. Outside(LocalPort, Shared(LocalPort, other.LocalPort)).Select(range => core with { LocalPort = range }),
        ];
    }

    /// <summary>Whether they share a packet.</summary>
    public bool Overlaps(TransportCell other) => Overlap(PeerPort, other.PeerPort) && Overlap(LocalPort, other.LocalPort) && Overlap(Protocol, other.Protocol);

    private static bool Overlap(NumberRange one, NumberRange other) => one.Low <= other.High && other.Low <= one.High;

    private static NumberRange Shared(NumberRange one, NumberRange other) => new(UInt128.Max(one.Low, other.Low), UInt128.Min(one.High, other.High));

    private static IEnumerable<NumberRange> Outside(NumberRange whole, NumberRange inside)
    {
        if (whole.Low < inside.Low)
        {
            yield return new(whole.Low, inside.Low - 1);
        }
        if (inside.High < whole.High)
        {
            yield return new(inside.High + 1, whole.High);
        }
    }
}

/// <summary>An ordered list of what rules ask of ports and protocol as disjoint cells: the kernel's maps refuse what overlaps.</summary>
internal static class TransportCells
{
    private const int HighestPort = 65535, HighestProtocol = 255;

    private static readonly RangeSet Portless = Piece.WithPorts.Complement(HighestProtocol);

    /// <summary>The cells of packets that have ports, each with what the first rule that holds it answers.</summary>
    public static IEnumerable<(TransportCell Cell, uint Answer)> WithPorts(IReadOnlyList<(TransportMatch Transport, uint Answer)> rules) =>
        Disjoint(rules.Select(rule => (Among(rule.Transport, Piece.WithPorts), rule.Answer)));

    /// <summary>The cells of packets that have none: a protocol each.</summary>
    public static IEnumerable<(TransportCell Cell, uint Answer)> WithoutPorts(IReadOnlyList<(TransportMatch Transport, uint Answer)> rules) =>
        Disjoint(rules.Where(rule => rule.Transport is { PeerPort: null, LocalPort: null }).Select(rule => (Among(rule.Transport, Portless), rule.Answer)));

    /// <summary>What is asked of these protocols' packets: of no others the map is asked.</summary>
    private static TransportMatch Among(TransportMatch match, RangeSet protocols) => match with { Protocol = match.Protocol?.Intersect(protocols) };

    private static IEnumerable<(TransportCell Cell, uint Answer)> Disjoint(IEnumerable<(TransportMatch Transport, uint Answer)> rules)
    {
        var taken = new List<TransportCell>();
        foreach (var (match, answer) in rules)
        {
            var own = Product(match).ToList();
            var left = own;
            foreach (var cell in taken)
            {
                if (left.Exists(one => one.Overlaps(cell)))
                {
                    left = [.. left.SelectMany(one => one.Without(cell))];
                }
            }
            foreach (var cell in left)
            {
                yield return (cell, answer);
            }
            // The rule's own cells, not what is left of them: fewer, and what they share with earlier ones is taken anyway.
            taken.AddRange(own);
        }
    }

    private static IEnumerable<TransportCell> Product(TransportMatch match) =>
        from peer in Ranges(match.PeerPort, HighestPort)
        from local in Ranges(match.LocalPort, HighestPort)
        from protocol in Ranges(match.Protocol, HighestProtocol)
        select new TransportCell(peer, local, protocol);

    private static EquatableArray<NumberRange> Ranges(RangeSet? set, int highest) => set is null ? [new NumberRange(0, (UInt128)highest)] : set.Ranges;
}
