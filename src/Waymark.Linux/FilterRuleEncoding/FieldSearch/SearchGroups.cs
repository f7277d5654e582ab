using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>
/// Rules in up to three groups, so that a long list of peers and a long list of own addresses never multiply each other: those with narrow peers, those with narrow
/// own addresses, and those with neither. Each group finds its first match; which of two first matches comes first, their ranks say.
/// </summary>
/// <remarks>
/// A rank stands for a point in the order of precedence. Of the earlier group each rule has a point before which the other group's rules win against it, of the later
/// group each rule the number of points that it does not come before: so two small numbers are compared in place of two places. Points are shared where no rule that
/// could meet the same packet lies between.
/// </remarks>
internal static class SearchGroups
{
    /// <summary>The rank of "no answer": everything wins against it, and it wins against nothing.</summary>
    public const int None = 255;

    /// <summary>So many points can be told apart.</summary>
    private const int MostPoints = 250;

    /// <summary>So far is looked for the next rule of the other group that shares a packet: one that is further away counts as if it did.</summary>
    private const int Reach = 1000;

    /// <summary>At most the sixteenth part of the IPv4 addresses, and less than any unicast block of IPv6: wider ones are few in any list, and divide little.</summary>
    private static UInt128 Narrow(IpFamily family) => UInt128.One << (family == IpFamily.V4 ? 28 : 112);

    /// <summary>The groups that have rules, and the number of points between the first two, and between these and the third; null where there are too many.</summary>
    public static (IReadOnlyList<RankedGroup> Groups, int[] Points)? Of(IReadOnlyList<SearchedRule> rules, IpFamily family)
    {
        var narrow = Narrow(family);
        var parts = rules.GroupBy(rule => IsNarrow(rule.Peer, narrow) ? 0 : IsNarrow(rule.Local, narrow) ? 1 : 2).OrderBy(part => part.Key)
            .Select(part => (IsByPeer: part.Key != 1, Rules: part.ToList())).ToList();
        var ranks = new (int First, int Second)[parts.Count][];
        for (var i = 0; i < parts.Count; i++)
        {
            ranks[i] = new (int, int)[parts[i].Rules.Count];
        }
        var points = new int[Math.Max(0, parts.Count - 1)];
        for (var later = 1; later < parts.Count; later++)
        {
            List<SearchedRule> before = later == 1 ? parts[0].Rules : [.. parts[0].Rules.Concat(parts[1].Rules).OrderBy(rule => rule.Place)];
            var cuts = Points(before, parts[later].Rules);
            if (cuts.Count > MostPoints)
            {
                return null;
            }
            points[later - 1] = cuts.Count;
            var own = new Dictionary<int, int>(before.Count);
            foreach (var rule in before)
            {
                own.Add(rule.Place, cuts.PointOf(rule));
            }
            for (var part = 0; part < later; part++)
            {
                for (var i = 0; i < ranks[part].Length; i++)
                {
                    Set(ref ranks[part][i], later, own[parts[part].Rules[i].Place]);
                }
            }
            for (var i = 0; i < ranks[later].Length; i++)
            {
                Set(ref ranks[later][i], later, cuts.NotBefore(parts[later].Rules[i].Place));
            }
        }
        return ([.. parts.Select((part, i) => new RankedGroup(part.IsByPeer, part.Rules, ranks[i]))], points);
    }

    private static void Set(ref (int First, int Second) ranks, int later, int rank) => ranks = later == 1 ? ranks with { First = rank } : ranks with { Second = rank };

    private static bool IsNarrow(RangeSet? set, UInt128 narrow)
    {
        foreach (var (low, high) in set?.Ranges ?? [])
        {
            if (high - low >= narrow)
            {
                return false;
            }
        }
        return set is not null;
    }

    /// <summary>The fewest points such that every rule of <paramref name="ones"/> has one between the last of <paramref name="others"/> before it and the first behind it.</summary>
    private static RankPoints Points(List<SearchedRule> ones, List<SearchedRule> others)
    {
        var gaps = new List<(int Last, int First, int Place)>(ones.Count);
        var next = 0;
        foreach (var rule in ones)
        {
            while (next < others.Count && others[next].Place < rule.Place)
            {
                next++;
            }
            var last = -1;
            for (var i = next - 1; i >= 0; i--)
            {
                if (next - i > Reach || others[i].Bounds.MayOverlap(rule.Bounds))
                {
                    last = others[i].Place;
                    break;
                }
            }
            var first = int.MaxValue;
            for (var i = next; i < others.Count; i++)
            {
                if (i - next > Reach || others[i].Bounds.MayOverlap(rule.Bounds))
                {
                    first = others[i].Place;
                    break;
                }
            }
            gaps.Add((last, first, rule.Place));
        }
        // The classical way to stab intervals by the fewest points: in the order of their ends, each at the end of one that has none.
        gaps.Sort(static (a, b) => a.First.CompareTo(b.First));
        var points = new List<int>();
        var own = new Dictionary<int, int>(gaps.Count);
        foreach (var (last, first, place) in gaps)
        {
            if (points.Count == 0 || points[^1] <= last)
            {
                points.Add(first);
            }
            own.Add(place, points.Count - 1);
        }
        return new(points, own);
    }

    /// <summary>Points in the order of precedence, ascending.</summary>
    private sealed record RankPoints(List<int> Points, Dictionary<int, int> Own)
    {
        public int Count => Points.Count;

        /// <summary>The number of the point that stands for a rule of the earlier group: what comes before that point wins against the rule.</summary>
        public int PointOf(SearchedRule rule) => Own[rule.Place];

        /// <summary>How many points a place of the later group does not come before.</summary>
        public int NotBefore(int place) => Points.BinarySearch(place) is var at && at >= 0 ? at + 1 : ~at;
    }
}

/// <summary>One group, and the ranks of its rules.</summary>
/// <param name="IsByPeer">Whether the peer's address is asked first, else this end's.</param>
/// <param name="Rules">Its rules, in order.</param>
/// <param name="Ranks">Of each: between the first two groups, and between these and the third.</param>
internal sealed record RankedGroup(bool IsByPeer, IReadOnlyList<SearchedRule> Rules, IReadOnlyList<(int First, int Second)> Ranks);
