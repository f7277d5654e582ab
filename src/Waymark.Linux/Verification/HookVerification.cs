using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>Compares what the rules in the kernel do with every packet, situation by situation, with what the decision says.</summary>
internal sealed class HookVerification
{
    /// <summary>The place of what is left alone before any policy is asked, among the selectors.</summary>
    private const int Neighbours = 0;

    /// <summary>The place of what no selector speaks of.</summary>
    private const int Nobody = -1;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private readonly ReadTable table;
    private readonly Territory territory;
    private readonly VerifiedDecision decision;
    private readonly FateText text;
    private readonly Findings findings;
    private readonly IReadOnlyList<FlowSelector> selectors;
    private readonly Dictionary<int, FilterClass> classes;
    private readonly bool hasTypes, hasSpis, hasStarts;
    private readonly Dictionary<(RegionBox Start, bool HasConnection), OrderedBoxes> orders = [];
    private readonly Dictionary<RegionBox, OrderedBoxes> neighbours = [];
    private readonly Dictionary<(RegionGroup, int), bool> uniform = [];
    private readonly Dictionary<Region, IReadOnlyList<(FlowBox? Part, int Place)>> deciders = [];

    /// <summary>Of a table and a decision.</summary>
    public HookVerification(ReadTable table, VerifiedDecision decision, Territory territory, FateText text, Findings findings)
    {
        (this.table, this.decision, this.territory, this.text, this.findings) = (table, decision, territory, text, findings);
        selectors = [new FlowSelector(Families.Select(NeighboursOf).ToEquatableArray()), .. decision.Rules.Rules.Select(rule => rule.Selector)];
        foreach (var box in decision.Rules.Rules.AsEnumerable().SelectMany(rule => rule.Selector.Boxes))
        {
            hasTypes |= box.IcmpType is not null || box.IcmpCode is not null;
            hasSpis |= box.Spi is not null;
            hasStarts |= box.Started != StartedBy.Anyone;
        }
        classes = decision.Rules.Classes.AsEnumerable().ToDictionary(one => one.Number);
    }

    /// <summary>How many regions were compared.</summary>
    public long Regions { get; private set; }

    /// <summary>The generations that connections had afterwards.</summary>
    public HashSet<int> Generations { get; } = [];

    /// <summary>Compares situations that differ only in how their connection stands.</summary>
    public void Check(IReadOnlyCollection<SituationCheck> checks)
    {
        var situation = checks.First().Situation;
        var evaluation = new HookEvaluation(table, situation);
        foreach (var check in checks)
        {
            foreach (var family in Families.Where(family => check.Only is null || check.Only == family))
            {
                foreach (var box in check.IsClassified ? [new FlowBox { Family = family }] : PacketSpace.Possible(family, hasTypes, hasSpis))
                {
                    var start = table.Space.Of(Narrowed(situation, box));
                    foreach (var result in evaluation.Run(check.Mark, check.ConnectionMark, new(start, null)))
                    {
                        Compare(check, start, result);
                    }
                }
            }
        }
        foreach (var one in evaluation.NotUnderstood)
        {
            findings.AddNotUnderstood($"chain {one.Chain}{(one.Rule > 0 ? $", rule {one.Rule}," : "")} {one.What}: {situation.Name}, for example {PacketText.Of(PacketSample.Of(one.Box.Box))}");
        }
    }

    private void Compare(SituationCheck check, RegionBox start, HookResult result)
    {
        var fate = Fate.Of(result, territory);
        var number = territory.ClassIn(result.State.ConnectionMark);
        if (check.Situation.HasConnection && (result.State.ConnectionMark & (territory.CtGenerationMask | territory.CtClassMask)) != 0)
        {
            Generations.Add(territory.GenerationIn(result.State.ConnectionMark));
        }
        Regions += result.Groups.Sum(group => group.Regions.Count);
        if (!check.IsClassified && IsRightForAll(check, start, result, fate))
        {
            return;
        }
        var isRight = !check.IsClassified && number != 0 && classes.TryGetValue(number, out var one) && Fits(check, result, fate, Says(check, start, one));
        foreach (var group in result.Groups)
        {
            if (!isRight || !IsAll(group, start, number))
            {
                foreach (var region in group.Regions.TakeWhile(_ => !findings.IsFull))
                {
                    Compare(check, start, result, fate, number, region);
                }
            }
        }
    }

    private void Compare(SituationCheck check, RegionBox start, HookResult result, Fate fate, int number, Region region)
    {
        if (check is { IsClassified: true, SparesNeighbours: false })
        {
            var says = Says(check, start, Nobody);
            var isKept = fate.Kind == FlowFate.Refused || says.AllowsTranslation(result.State.Translation, region, table.Space);
            if (!isKept || !Fits(check, result, fate, says))
            {
                Tell(check, region.Box.Box, Nobody, says, fate, result.State);
            }
            return;
        }
        var differing = check.IsClassified ? NeighboursIn(start).Disagreements(region, place => Agrees(check, start, result, fate, place))
            : number == 0 && check.Situation.HasConnection ? Deciders(region, start).Where(one => !Agrees(check, start, result, fate, one.Place))
            : OrderOf(start, check.Situation.HasConnection).Disagreements(region, place => Agrees(check, start, result, fate, place));
        foreach (var (part, place) in differing)
        {
            if (part is null)
            {
                findings.AddNotUnderstood($"{check.Situation.Name}: whether packets like {PacketText.Of(PacketSample.Of(region.Box.Box))} differ takes too long to find out");
                continue;
            }
            Tell(check, part, place, Says(check, start, place), fate, result.State);
        }
    }

    /// <summary>Whether this is what the decision says, whichever policy decides.</summary>
    private bool IsRightForAll(SituationCheck check, RegionBox start, HookResult result, Fate fate) =>
        Fits(check, result, fate, Says(check, start, (FilterClass?)null)) && (!check.SparesNeighbours || Fits(check, result, fate, LeftAlone(check)))
        && classes.Values.All(one => Fits(check, result, fate, Says(check, start, one)));

    /// <summary>The packets of a box that can be in a situation. Who began is of no account where nobody asks.</summary>
    private FlowBox Narrowed(Situation situation, FlowBox box) => situation.Narrowed(box) with { Started = hasStarts ? situation.Started : StartedBy.Anyone };

    /// <summary>Whether every packet of a group belongs to a class: found out once, for the same groups come in every situation.</summary>
    private bool IsAll(RegionGroup group, RegionBox start, int number)
    {
        if (!uniform.TryGetValue((group, number), out var isAll))
        {
            isAll = group.Regions.All(region => !OrderOf(start).Disagreements(region, place => (place > Neighbours ? decision.Rules.Rules[place - 1].Class : 0) == number).Any());
            uniform.Add((group, number), isAll);
        }
        return isAll;
    }

    /// <summary>The selectors that decide packets of a region, with such packets: what no class was found for comes in every situation, and is nearly all of the packet space without nearly all policies.</summary>
    private IReadOnlyList<(FlowBox? Part, int Place)> Deciders(Region region, RegionBox start)
    {
        if (!deciders.TryGetValue(region, out var found))
        {
            deciders.Add(region, found = [.. OrderOf(start).Disagreements(region, _ => false)]);
        }
        return found;
    }

    private OrderedBoxes OrderOf(RegionBox start, bool hasConnection = true)
    {
        if (!orders.TryGetValue((start, hasConnection), out var order))
        {
            var those = hasConnection ? selectors : [.. selectors.Select(one => WhoeverBegan(one, start.Box.Started))];
            orders.Add((start, hasConnection), order = new(table.Space, start.Box, those));
        }
        return order;
    }

    private OrderedBoxes NeighboursIn(RegionBox start)
    {
        if (!neighbours.TryGetValue(start, out var order))
        {
            neighbours.Add(start, order = new(table.Space, start.Box, [selectors[Neighbours]]));
        }
        return order;
    }

    /// <summary>Who began what has no connection nobody can tell: it counts as begun by either end.</summary>
    private static FlowSelector WhoeverBegan(FlowSelector selector, StartedBy own) => new(selector.Boxes
        .Where(box => (box.Started & (own | StartedBy.Peer)) != 0).Select(box => box with { Started = StartedBy.Anyone }).ToEquatableArray());

    private FilterClass? ClassAt(SituationCheck check, int place) => check.IsClassified ? check.Bears : place > Neighbours ? classes.GetValueOrDefault(decision.Rules.Rules[place - 1].Class) : null;

    private bool Agrees(SituationCheck check, RegionBox start, HookResult result, Fate fate, int place) => Fits(check, result, fate, Says(check, start, place));

    private Expected Says(SituationCheck check, RegionBox start, int place) => place == Neighbours && check.SparesNeighbours ? LeftAlone(check) : Says(check, start, ClassAt(check, place));

    private static Expected Says(SituationCheck check, RegionBox start, FilterClass? one) => check.Says(one, start.Box.Family) with { Generation = check.Generation };

    /// <summary>Nothing is asked, and nothing changes.</summary>
    private Expected LeftAlone(SituationCheck check) => new(Fate.LeftAlone)
    {
        Class = territory.ClassIn(check.ConnectionMark),
        Pin = territory.PathIn(check.ConnectionMark),
        Generation = territory.GenerationIn(check.ConnectionMark),
    };

    private bool Fits(SituationCheck check, HookResult result, Fate fate, Expected says)
    {
        var state = result.State;
        if (!says.Allows(fate, state) || state.ForeignBits(check.Mark, territory.FwMark) != 0 || state.ForeignConnectionBits(check.ConnectionMark, territory.CtMark) != 0)
        {
            return false;
        }
        if (!check.Situation.HasConnection)
        {
            return true;
        }
        var pin = says.Pin ?? (fate.Kind == FlowFate.Steered ? fate.Path : null);
        return (says.Class is not { } number || (state.ConnectionMark & territory.CtClassMask) == territory.CtClass(number))
            && (fate.Kind == FlowFate.Refused || says.Generation is not { } generation || generation == territory.GenerationIn(state.ConnectionMark))
            && (fate.Kind == FlowFate.Refused || pin is not { } path || (state.ConnectionMark & territory.CtPathMask) == territory.CtPath(path));
    }

    private void Tell(SituationCheck check, FlowBox part, int place, Expected says, Fate fate, MachineState state)
    {
        var packet = PacketSample.Of(part);
        var origin = place > Neighbours ? decision.Rules.Rules[place - 1].Origin : null;
        findings.Add(
            check.Situation.Name, packet, origin,
            text.Decided(says, ClassAt(check, place), place == Neighbours),
            text.Does(fate, state, says, check),
            () => Trace(check, packet));
    }

    /// <summary>What a packet meets on its way.</summary>
    private List<string> Trace(SituationCheck check, Packet packet)
    {
        var met = new List<string>();
        var singly = table.Singly;
        var evaluation = new HookEvaluation(singly, check.Situation)
        {
            Trace = (chain, place, outcome) => met.Add(RuleText.Of(singly, chain, place, outcome)),
        };
        evaluation.Run(check.Mark, check.ConnectionMark, new(singly.Space.Of(Narrowed(check.Situation, SinglePacket.Of(packet))), null));
        return met;
    }

    private FlowBox NeighboursOf(IpFamily family) => new()
    {
        Family = family,
        Peer = RangeSet.Of([.. AddressSets.NeverSteered.Concat(decision.Connected).Concat(decision.Paths.Paths.Where(path => path.Device is not null).SelectMany(path => path.Half(family)?.Connected ?? []))
            .Where(prefix => prefix.Family == family && prefix.Length > 0).Select(prefix => new NumberRange(prefix.First.Bits, prefix.Last.Bits))]),
    };
}
