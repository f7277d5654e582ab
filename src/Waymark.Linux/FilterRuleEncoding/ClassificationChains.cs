using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.FilterRuleEncoding.Instructions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Writes the chain that asks one layer or search after the other, and those that it leads to. A packet that an exception names passes over a layer: either what follows
/// is a chain of its own, to which both go on, or the layer is one, from which both come back.
/// </summary>
/// <param name="side">Whose packets.</param>
/// <param name="name">The chain's name.</param>
/// <param name="isTracked">Whether only packets of a connection come here.</param>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="cgroups">Ids of control groups by path.</param>
internal sealed class ClassificationChains(FlowSide side, string name, bool isTracked, Territory territory, IReadOnlyDictionary<string, ulong> cgroups)
{
    /// <summary>
    /// So many chains go on to each other before layers become chains that come back: the kernel refuses more than sixteen in a row (EMLINK). Whether such a layer has
    /// answered is seen in the connection, so of packets without one the first layer that is strict decides there, not the first that matches.
    /// </summary>
    private const int MostBehind = 6;

    private readonly List<NftablesChain> chains = [];
    private List<NftablesRule> rules = [];
    private string? behind;
    private int next = 1;

    /// <summary>Adds a rule of its own.</summary>
    public void Add(NftablesRule rule) => rules.Add(rule);

    /// <summary>Adds a layer.</summary>
    /// <param name="shape">What its pieces share.</param>
    /// <param name="map">The map of its pieces; null: all packets that pass the odd matches belong to it.</param>
    /// <param name="setter">The chain that they go to then.</param>
    public void Add(LayerShape shape, LayerMap? map, string setter)
    {
        if (OddMatches.Of(shape.Odd, side, cgroups) is not { } odd)
        {
            return;
        }
        var family = Family(shape.Odd.Family);
        EquatableArray<NftablesExpression> answer = map is null ? [new Give(NftablesVerdict.Goto(setter))] : [.. map.Load().AsSpan(), new VerdictOf(map.Map.Name, 0)];
        var alternatives = odd.Alternatives.Select(match => Rule(family, [.. match.AsSpan(), .. answer.AsSpan()]));
        if (odd.Exceptions.Count == 0)
        {
            rules.AddRange(alternatives);
            return;
        }
        var other = $"{name}_{next}";
        var isBehind = !isTracked && next <= MostBehind;
        next++;
        var exceptions = odd.Exceptions.Select(match => Rule(family, match.AsSpan().ToArray(), isBehind ? Goto(other) : Return));
        if (isBehind)
        {
            rules.AddRange([.. exceptions, .. alternatives, Rule(Goto(other))]);
            chains.Add(Current);
            (behind, rules) = (other, []);
        }
        else
        {
            chains.Add(new(other, null, exceptions.Concat(alternatives).ToEquatableArray()));
            AddCall(Family(shape.Odd.Family), other);
        }
    }

    /// <summary>Adds a search.</summary>
    public void Add(IpFamily family, string chain) => AddCall(Family(family), chain);

    /// <summary>The chains; the first is the one of that name.</summary>
    public IEnumerable<NftablesChain> ToChains() => chains.Append(Current).OrderBy(chain => chain.Name != name);

    private NftablesChain Current => new(behind ?? name, null, rules.ToEquatableArray());

    private void AddCall(NftablesExpression[] family, string chain)
    {
        rules.Add(Rule(family, Jump(chain)));
        rules.Add(Rule(CtMark(territory.CtClassMask, 0, isEqual: false), Return));
    }
}
