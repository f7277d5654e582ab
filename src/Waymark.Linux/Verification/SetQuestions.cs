using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>The sets and maps of a table, asked for all packets of a box at once. Answers are kept: the same question comes from each situation.</summary>
/// <param name="table">The table.</param>
/// <param name="space">Where boxes are from.</param>
/// <param name="areMerged">Whether elements with the same answer may be one; else each answer names its own.</param>
internal sealed class SetQuestions(NftablesTable table, PacketSpace space, bool areMerged)
{
    /// <summary>Fewer answers than this are cut to a box anew each time.</summary>
    private const int WorthKeeping = 16;

    private readonly Dictionary<string, NftablesSet> sets = table.Sets.ToDictionary(set => set.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<EquatableArray<byte>, NftablesElement>> exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<EquatableArray<byte>, EquatableArray<NftablesElement>>?> byFirst = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Set, EquatableArray<Term> Key, IpFamily Family), BoundSet> bound = [];
    private readonly Dictionary<(BoundSet, RegionBox), IReadOnlyList<(RegionBox, SetAnswer)>> parts = [];

    /// <summary>The set of a name; null: it is not there.</summary>
    public NftablesSet? Find(string name) => sets.GetValueOrDefault(name);

    /// <summary>The set asked with a key.</summary>
    public BoundSet Bound(NftablesSet set, IReadOnlyList<Term> key, IpFamily family)
    {
        if (!set.IsInterval && key.All(term => term is Term.Constant))
        {
            return BoundSet.Of(set with { Elements = Exact(set, key) is { } one ? [one] : [] }, key, family, areMerged);
        }
        var question = (set.Name, key.ToEquatableArray(), family);
        if (!bound.TryGetValue(question, out var answers))
        {
            bound.Add(question, answers = BoundSet.Of(Narrowed(set, key), key, family, areMerged));
        }
        return answers;
    }

    /// <summary>The answers for the packets of a box, each with its part of them.</summary>
    public IReadOnlyList<(RegionBox Part, SetAnswer Answer)> Within(BoundSet set, RegionBox box)
    {
        if (set.Answers.Count < WorthKeeping)
        {
            return Cut(set, box);
        }
        if (!parts.TryGetValue((set, box), out var known))
        {
            parts.Add((set, box), known = Cut(set, box));
        }
        return known;
    }

    private List<(RegionBox, SetAnswer)> Cut(BoundSet set, RegionBox box)
    {
        // Where the key is the same for all packets, so is the answer.
        if (set.IsConstant)
        {
            return [.. set.Answers.Select(answer => (box, answer))];
        }
        var found = new List<(RegionBox, SetAnswer)>();
        foreach (var place in set.Answers.Count < WorthKeeping ? Enumerable.Range(0, set.Answers.Count) : set.Index.Near(box.Box))
        {
            if (space.Intersect(box, set.Answers[place].Box) is { } part)
            {
                found.Add((part, set.Answers[place]));
            }
        }
        return found;
    }

    /// <summary>The elements that a constant at the beginning of the key leaves, where each element has one value there: maps by state have as many as there are states.</summary>
    private NftablesSet Narrowed(NftablesSet set, IReadOnlyList<Term> key)
    {
        if (key.Count < 2 || key[0] is not Term.Constant { Bytes: var first } || first.Count != set.Key[0].Padded)
        {
            return set;
        }
        if (!byFirst.TryGetValue(set.Name, out var groups))
        {
            var length = set.Key[0].Padded;
            var isExact = set.Elements.All(one => one.Key.Count >= length && (one.KeyEnd.IsEmpty || one.KeyEnd.AsSpan()[..length].SequenceEqual(one.Key.AsSpan()[..length])));
            byFirst.Add(set.Name, groups = isExact ? set.Elements.GroupBy(one => one.Key.Take(length).ToEquatableArray()).ToDictionary(group => group.Key, group => group.ToEquatableArray()) : null);
        }
        return groups is null ? set : set with { Elements = groups.GetValueOrDefault(first) };
    }

    private NftablesElement? Exact(NftablesSet set, IReadOnlyList<Term> key)
    {
        if (!exact.TryGetValue(set.Name, out var elements))
        {
            exact.Add(set.Name, elements = []);
            foreach (var element in set.Elements)
            {
                elements.TryAdd(element.Key, element);
            }
        }
        var bytes = new List<byte>();
        for (var part = 0; part < key.Count; part++)
        {
            var length = set.Key.Count == 1 ? set.Key[0].Length : set.Key[part].Padded;
            var value = ((Term.Constant)key[part]).Bytes;
            bytes.AddRange(value.Take(length));
            bytes.AddRange(Enumerable.Repeat((byte)0, Math.Max(0, length - value.Count)));
        }
        return elements.GetValueOrDefault(bytes.ToEquatableArray());
    }
}
