using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>
/// Ordered rules of one family as a search that asks a bounded number of tables, whatever their number and however they overlap: field by field, in up to three
/// groups (after recursive flow classification, Gupta and McKeown, SIGCOMM 1999). Pure.
/// </summary>
/// <param name="Family">Of the packets.</param>
/// <param name="Groups">The groups, in the order in which they are searched.</param>
/// <param name="Points">Between the groups before and a later one: how many ranks there are.</param>
/// <param name="Classes">The class of every number that is an answer.</param>
internal sealed record RuleSearch(IpFamily Family, IReadOnlyList<GroupSearch> Groups, IReadOnlyList<int> Points, IReadOnlyDictionary<uint, int> Classes)
{
    /// <summary>What a set of rules may take at most, beside a constant: so many elements a rule.</summary>
    private const int ElementsPerRule = 16, ElementsAnyway = 4096;

    /// <summary>Tables asked for one packet at the worst: three a group, one for each comparison of two groups' answers, one for the class.</summary>
    public int Lookups => (3 * Groups.Count) + Points.Count + 1;

    /// <summary>Elements in all tables of groups.</summary>
    public int Elements => Groups.Sum(group => group.Elements);

    /// <summary>The search of pieces without odd matches; null where its tables would be too large for what they save.</summary>
    public static RuleSearch? Of(IReadOnlyList<Piece> pieces, IpFamily family)
    {
        var rules = pieces.Select(SearchedRule.Of).ToList();
        if (SearchGroups.Of(rules, family) is not var (groups, points))
        {
            return null;
        }
        var numbers = new SearchNumbers();
        var left = (ElementsPerRule * rules.Count) + ElementsAnyway;
        var searches = new List<GroupSearch>(groups.Count);
        foreach (var group in groups)
        {
            if (GroupSearch.Of(group, family, numbers, left) is not { } search)
            {
                return null;
            }
            searches.Add(search);
            left -= search.Elements;
        }
        return new(family, searches, points, numbers.Classes);
    }

    /// <summary>The pairs of an earlier and a later rank of which the later one wins.</summary>
    public static IEnumerable<(int Earlier, int Later)> Wins(int points)
    {
        foreach (var earlier in Enumerable.Range(0, points).Append(SearchGroups.None))
        {
            for (var later = 0; later <= Math.Min(earlier, points); later++)
            {
                yield return (earlier, later);
            }
        }
    }
}
