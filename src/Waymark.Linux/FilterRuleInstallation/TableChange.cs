using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// What turns one content of our table into another: first the maps that are new, beside the old ones and asked by nobody; then the switch, in one transaction. An
/// interval map comes into force a moment after the rules of its transaction, so the switch must find it whole.
/// </summary>
internal sealed class TableChange
{
    private const int ElementsPerPart = 1500;

    /// <summary>
    /// Of a large interval map a part has fewer elements: each costs the kernel the more the more there are already (100,000 ranges: 10 us at first, 150 us in the end), and a
    /// part copies the map, which is what keeps it from being smaller still.
    /// </summary>
    private const int LeastElementsPerPart = 500, FullPartsUpTo = 10_000;

    private readonly NftablesTable? from;
    private readonly NftablesTable to;
    private readonly DateTimeOffset now;
    private readonly Dictionary<string, NftablesChain> oldChains;
    private readonly Dictionary<string, NftablesSet> oldSets;
    private readonly HashSet<string> replacedSets;
    private readonly Lazy<(IReadOnlyList<NftablesChain> Chains, IReadOnlyList<NftablesSet> Sets)> prepared;

    /// <summary>The change.</summary>
    /// <param name="from">What is installed; null: nothing.</param>
    /// <param name="to">What shall be.</param>
    /// <param name="now">From when lifetimes count.</param>
    public TableChange(NftablesTable? from, NftablesTable to, DateTimeOffset now)
    {
        (this.from, this.to, this.now, prepared) = (from, to, now, new(Prepare));
        oldChains = (from?.Chains ?? []).ToDictionary(chain => chain.Name, StringComparer.Ordinal);
        oldSets = (from?.Sets ?? []).ToDictionary(set => set.Name, StringComparer.Ordinal);
        // A set of the same name and another shape cannot be changed, only made anew: another program's doing, for our names tell the shape.
        replacedSets = to.Sets.Where(set => oldSets.TryGetValue(set.Name, out var old) && !old.HasShapeOf(set)).Select(set => set.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => from is not null && replacedSets.Count == 0
        && to.Chains.Count == from.Chains.Count && to.Sets.Count == from.Sets.Count
        && to.Chains.All(chain => oldChains.TryGetValue(chain.Name, out var old) && old == chain)
        && to.Sets.All(set => oldSets.TryGetValue(set.Name, out var old) && IsSame(old, set));

    /// <summary>
    /// The transactions before the switch: new maps that are large or of intervals, which nothing asks yet, and whatever they lead to. In parts, for the kernel takes
    /// only so much at once from a socket without rights over its buffers, and a path that is lost meanwhile shall not wait for all.
    /// </summary>
    public IEnumerable<Action<NftablesMessages>> Preparation()
    {
        var (chains, sets) = prepared.Value;
        if (sets.Count > 0)
        {
            yield return messages =>
            {
                foreach (var chain in chains)
                {
                    messages.AddChain(chain);
                }
                var id = 1u;
                foreach (var set in sets)
                {
                    messages.AddSet(set, id++);
                }
                foreach (var chain in chains)
                {
                    foreach (var rule in chain.Rules)
                    {
                        messages.AddRule(chain.Name, rule);
                    }
                }
            };
        }
        foreach (var set in sets)
        {
            for (var at = 0; at < set.Elements.Count;)
            {
                var part = set.Elements.AsSpan().Slice(at, Math.Min(PartAt(set, at), set.Elements.Count - at)).ToArray();
                yield return messages => messages.AddElements(set, part, now);
                at += part.Length;
            }
        }
    }

    private static int PartAt(NftablesSet set, int at) =>
        set.IsInterval && at > FullPartsUpTo ? Math.Max(LeastElementsPerPart, (int)((long)ElementsPerPart * FullPartsUpTo / at)) : ElementsPerPart;

    /// <summary>A table with what the preparation has made.</summary>
    public NftablesTable After(NftablesTable? table)
    {
        var (chains, sets) = prepared.Value;
        var start = table ?? new(to.Name, [], []);
        return start with
        {
            Chains = start.Chains.Concat(chains).OrderBy(chain => chain.Name, StringComparer.Ordinal).ToEquatableArray(),
            Sets = start.Sets.Concat(sets).OrderBy(set => set.Name, StringComparer.Ordinal).ToEquatableArray(),
        };
    }

    /// <summary>The new sets to prepare, and what is new of all that their elements lead to, over however many steps.</summary>
    private (IReadOnlyList<NftablesChain> Chains, IReadOnlyList<NftablesSet> Sets) Prepare()
    {
        var (chains, sets) = (new Dictionary<string, NftablesChain>(StringComparer.Ordinal), new Dictionary<string, NftablesSet>(StringComparer.Ordinal));
        var chainsByName = new Lazy<Dictionary<string, NftablesChain>>(() => to.Chains.ToDictionary(chain => chain.Name, StringComparer.Ordinal));
        void AddSet(NftablesSet set)
        {
            if (!oldSets.ContainsKey(set.Name) && sets.TryAdd(set.Name, set))
            {
                foreach (var element in set.Elements)
                {
                    AddChain(element.Verdict?.Chain);
                }
            }
        }
        void AddChain(string? name)
        {
            if (name is null || oldChains.ContainsKey(name) || chains.ContainsKey(name))
            {
                return;
            }
            var chain = chainsByName.Value[name];
            chains.Add(name, chain);
            foreach (var rule in chain.Rules)
            {
                foreach (var expression in rule.Expressions)
                {
                    AddChain((expression as NftablesExpression.Give)?.Verdict.Chain);
                    if (expression.AskedSet is { } asked)
                    {
                        AddSet(to.Sets.First(set => set.Name == asked));
                    }
                }
            }
        }
        foreach (var set in to.Sets)
        {
            if (set.Elements.Count > ElementsPerPart || (from is not null && set is { IsInterval: true, Key.Count: > 1 }))
            {
                AddSet(set);
            }
        }
        return ([.. chains.Values], [.. sets.Values]);
    }

    /// <summary>Writes the transaction that switches.</summary>
    /// <param name="messages">Where to.</param>
    /// <param name="isForgiving">Whether elements that ended by themselves meanwhile can be deleted without an error.</param>
    public void WriteSwitch(NftablesMessages messages, bool isForgiving)
    {
        var changed = to.Chains.Where(chain => !oldChains.TryGetValue(chain.Name, out var old) || old != chain).ToList();
        var removedChains = oldChains.Keys.Except(to.Chains.Select(chain => chain.Name), StringComparer.Ordinal).ToList();
        var removedSets = oldSets.Keys.Except(to.Sets.Select(set => set.Name), StringComparer.Ordinal).ToList();
        if (replacedSets.Count > 0)
        {
            // Rules hold sets: all rules go and come again within the transaction.
            changed = [.. to.Chains];
        }
        // Made anew, or given back the policy that another has taken from it.
        foreach (var chain in changed.Where(chain => !oldChains.TryGetValue(chain.Name, out var old) || old.Hook is { Drops: true }))
        {
            messages.AddChain(chain);
        }
        foreach (var chain in changed.Where(chain => oldChains.TryGetValue(chain.Name, out var old) && !old.Rules.IsEmpty).Select(chain => chain.Name).Concat(removedChains))
        {
            messages.FlushChain(chain);
        }
        foreach (var name in replacedSets)
        {
            messages.DeleteSet(name);
        }
        var id = 1_000_000u;
        foreach (var set in to.Sets)
        {
            if (!oldSets.TryGetValue(set.Name, out var old) || replacedSets.Contains(set.Name))
            {
                messages.AddSet(set, id++);
                messages.AddElements(set, set.Elements, now);
                continue;
            }
            var (gone, come) = Difference(old, set);
            messages.DeleteElements(set, gone, isForgiving);
            messages.AddElements(set, come, now);
        }
        foreach (var chain in changed)
        {
            foreach (var rule in chain.Rules)
            {
                messages.AddRule(chain.Name, rule);
            }
        }
        foreach (var name in removedSets)
        {
            messages.DeleteSet(name);
        }
        foreach (var name in removedChains)
        {
            messages.DeleteChain(name);
        }
    }

    /// <summary>Whether two sets hold the same, elements that have ended left out.</summary>
    private bool IsSame(NftablesSet old, NftablesSet set)
    {
        if (old.Elements == set.Elements)
        {
            return true;
        }
        var (gone, come) = Difference(old, set);
        return gone.Count == 0 && come.Count == 0;
    }

    private (List<NftablesElement> Gone, List<NftablesElement> Come) Difference(NftablesSet old, NftablesSet set)
    {
        var (gone, come) = (new List<NftablesElement>(), new List<NftablesElement>());
        int o = 0, s = 0;
        while (o < old.Elements.Count || s < set.Elements.Count)
        {
            var order = o == old.Elements.Count ? 1 : s == set.Elements.Count ? -1 : old.Elements[o].CompareTo(set.Elements[s]);
            if (order == 0 && IsSame(old.Elements[o], set.Elements[s]))
            {
                o++;
                s++;
                continue;
            }
            if (order <= 0 && IsLive(old.Elements[o]))
            {
                gone.Add(old.Elements[o]);
            }
            if (order >= 0 && IsLive(set.Elements[s]))
            {
                come.Add(set.Elements[s]);
            }
            o += order <= 0 ? 1 : 0;
            s += order >= 0 ? 1 : 0;
        }
        return (gone, come);
    }

    private bool IsLive(NftablesElement element) => element.EndsAt is null || element.EndsAt > now;

    /// <summary>The kernel tells what is left of a lifetime, read a moment later: two ends that close are the same.</summary>
    private static bool IsSame(NftablesElement old, NftablesElement element) =>
        old.Verdict == element.Verdict && old.Value == element.Value
        && (old.EndsAt is { } was && element.EndsAt is { } shall ? (was - shall).Duration() < TimeSpan.FromSeconds(2) : old.EndsAt is null == element.EndsAt is null);
}
