using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// The names of hash maps. Their elements switch with the rules of their transaction, so a map keeps its name and is changed by the element. But of many elements that is a long transaction, during which nobody else gets to the
/// kernel, not even who closes a path that is lost: then a map of another name takes its place, which is built beside it in small parts.
/// </summary>
/// <param name="inForce">The maps of the classification before this one; none after a restart: then each has its first name again.</param>
internal sealed class ExactMapNames(IEnumerable<NftablesSet> inForce)
{
    /// <summary>What differs in so many elements is built anew.</summary>
    internal const int MostChanges = 1500;

    private const string Other = "_b";

    private readonly Dictionary<string, NftablesSet> before = inForce.Where(set => !set.IsInterval).ToDictionary(set => set.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    /// <summary>The name of a map.</summary>
    /// <param name="set">What is in it, in order.</param>
    /// <param name="what">What all maps of its shape are called; the second of them has a number behind it.</param>
    public string Of(NftablesSet set, string what)
    {
        var place = places[what] = places.GetValueOrDefault(what) + 1;
        var name = place == 1 ? what : $"{what}_{place}";
        return before.TryGetValue(name, out var old) ? (IsFarFrom(old, set) ? name + Other : name)
            : before.TryGetValue(name + Other, out old) && !IsFarFrom(old, set) ? name + Other : name;
    }

    /// <summary>Whether more elements have gone, come or changed than are changed at once.</summary>
    private static bool IsFarFrom(NftablesSet old, NftablesSet set)
    {
        if (old.Elements == set.Elements)
        {
            return false;
        }
        int o = 0, s = 0, changes = 0;
        while (o < old.Elements.Count && s < set.Elements.Count && changes <= MostChanges)
        {
            var order = old.Elements[o].CompareTo(set.Elements[s]);
            changes += order == 0 && old.Elements[o] == set.Elements[s] ? 0 : 1;
            o += order <= 0 ? 1 : 0;
            s += order >= 0 ? 1 : 0;
        }
        return changes + (old.Elements.Count - o) + (set.Elements.Count - s) > MostChanges;
    }
}
