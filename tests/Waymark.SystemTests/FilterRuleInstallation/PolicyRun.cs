using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Tests.Naive;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>One scenario: decided, installed, sent; decided anew with what the uplinks are like afterwards, installed, and sent again.</summary>
internal sealed class PolicyRun(World world, NumberedPackets wire, PolicyScenario scenario, ModelTally tally)
{
    private const int PacketsPerRule = 40, OtherPackets = 60, NewPackets = 80;

    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly FlowIdentities identities = new();
    private readonly Random random = new(scenario.Seed);
    private readonly List<Sent> flows = [];
    private readonly HashSet<PolicyOrigin> decided = [];
    private readonly List<FlowBox> unmatched = [];
    private IReadOnlyList<Written> policies = [];

    /// <summary>Fails at the first packet that does not go where the model says.</summary>
    public void Check()
    {
        var sets = scenario.Sets(Start);
        policies = InOrder(sets);
        var merged = PolicyMerge.Merge(sets, NodeNames.None);
        var before = Decide(merged, scenario.Before, Start, DecisionMemory.None);
        World.In(world.NodeName, "conntrack", "-F");
        var candidates = Candidates(before.FilterRules);
        Begin(candidates.SkipLast(NewPackets), before.FilterRules);
        var after = Decide(merged, scenario.After, Start + TimeSpan.FromMinutes(1), before.Next);
        Continue(after.FilterRules);
        Begin(candidates.TakeLast(NewPackets), after.FilterRules);
        tally.Count(before.FilterRules, decided.Count);
    }

    /// <summary>First packets of flows.</summary>
    private void Begin(IEnumerable<Packet> packets, FilterRuleSet rules)
    {
        var expected = packets.Select(packet => (Packet: packet, Flow: tally.NextFlow(), Expected: First(packet, rules))).ToList();
        var seen = wire.Send([.. expected.Select(one => (one.Packet, one.Flow))], i => !expected[i].Expected.Uplinks.IsEmpty);
        for (var i = 0; i < seen.Length; i++)
        {
            var (packet, flow, expectation) = expected[i];
            Compare("first", packet, expectation, seen[i]);
            flows.Add(new(packet, flow, expectation, seen[i].Uplink));
        }
    }

    /// <summary>Second packets of the flows that were begun.</summary>
    private void Continue(FilterRuleSet rules)
    {
        var expected = flows.Select(flow => Second(flow, rules)).ToList();
        var seen = wire.Send([.. flows.Select(one => (one.Packet, one.Flow))], i => !expected[i].Uplinks.IsEmpty);
        for (var i = 0; i < seen.Length; i++)
        {
            Compare($"second, after one by {flows[i].Uplink},", flows[i].Packet, expected[i], seen[i]);
        }
    }

    private void Compare(string which, Packet packet, Expectation expected, NumberedPackets.Arrival arrival)
    {
        tally.Count(expected.Kind);
        if (expected.Decided is { } policy)
        {
            decided.Add(policy);
        }
        var seen = arrival.Uplink;
        Assert.True(seen == 0 ? expected.Uplinks.IsEmpty : expected.Uplinks.AsSpan().Contains(seen),
            $"The {which} packet {packet}\nleft by {Name(seen)}, not by {(expected.Uplinks.IsEmpty ? Name(0) : string.Join(" or ", expected.Uplinks.Select(Name)))} "
            + $"({expected.Kind}, decided by {(expected.Decided is { } one ? $"{one.Requester}'s policy {one}" : "no policy")}).\n{scenario}");
        // What is given a path from its first packet on bears that path's address; what is not, its own: addresses are translated once.
        var source = expected.Kind is PacketKind.Default or PacketKind.Followed ? packet.Local : IpAddress.Parse(World.Address(packet.Family, Math.Max(seen, 1)));
        Assert.True(seen == 0 || arrival.Source == source, $"The {which} packet {packet}\nleft by {Name(seen)} with the address {arrival.Source}, not {source} ({expected.Kind}).\n{scenario}");
    }

    private static string Name(int uplink) => uplink == 0 ? "none" : $"w{uplink}";

    /// <summary>What the first policy that matches says, by the reading of its text.</summary>
    private Expectation First(Packet packet, FilterRuleSet rules)
    {
        if (policies.FirstOrDefault(one => one.Policy.Flows.Any(flow => NaiveEvaluator.Matches(flow, one.Definitions, packet))) is not { } policy)
        {
            return Expectation.LeftAlone(null);
        }
        var rule = rules.Rules.FirstOrDefault(one => one.Origin == policy.Origin);
        Assert.True(rule is not null, $"{packet} is of {policy.Origin}, of which there is no rule.\n{scenario}");
        return OfClass(packet, rules.Classes.Single(one => one.Number == rule.Class), policy.Origin);
    }

    private static Expectation OfClass(Packet packet, FilterClass one, PolicyOrigin policy)
    {
        var action = one.Action(packet.Family);
        if (!FlowIdentities.HasConnection(packet) && action is not FilterAction.Drop)
        {
            // What has no connection cannot be pinned: of a strict class it may not go, else it goes where the system sends it.
            return one.IsStrict ? Expectation.Refused(policy) : Expectation.LeftAlone(policy);
        }
        return action switch
        {
            FilterAction.Drop => Expectation.Refused(policy),
            FilterAction.Default => Expectation.LeftAlone(policy),
            FilterAction.Use(var path) => new([Number(path)], PacketKind.First, policy, one),
            FilterAction.Spread(var shares, _) => new(shares.Select(share => Number(share.Path)).ToEquatableArray(), PacketKind.First, policy, one),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>A flow that has a path stays there (Meaning 6); where it may not, a connection is refused and datagrams are decided anew.</summary>
    private Expectation Second(Sent flow, FilterRuleSet rules)
    {
        var anew = First(flow.Packet, rules);
        if (flow.Expected.Class is not { } before)
        {
            return flow.Uplink > 0 && anew.Kind == PacketKind.First ? anew with { Kind = PacketKind.Followed } : anew;
        }
        var now = rules.Classes.Single(one => one.Number == before.Number);
        return now.Action(flow.Packet.Family) is not FilterAction.Drop && !now.Denied(flow.Packet.Family).AsSpan().Contains(World.Id(flow.Uplink))
            ? flow.Expected with { Uplinks = [flow.Uplink], Kind = PacketKind.Established }
            : flow.Packet.Protocol == 6 ? Expectation.Refused(flow.Expected.Decided) : anew;
    }

    private static int Number(Waymark.Paths.PathId path) => path.LocalId[1] - '0';

    private Decision Decide(MergedPolicies merged, UplinkQuality[] uplinks, DateTimeOffset now, DecisionMemory previous)
    {
        var decision = PathResolution.Decide(new()
        {
            Paths = world.Paths(),
            Characteristics = new(uplinks.Select((one, i) => one.Of(World.Id(i + 1), now))),
            Policies = merged,
            Previous = previous,
            Now = now,
        });
        // What the back end says that it does not match, it need not; that is told to the requester, and here to the reader.
        foreach (var one in world.Encode(decision.FilterRules).Refused)
        {
            Assert.False(one.Unmatched.IsEmpty, one.Reason);
            tally.Refused.Add(one.Reason);
            unmatched.AddRange(one.Unmatched.AsSpan());
        }
        world.Apply(decision.FilterRules);
        return decision;
    }

    /// <summary>Rank, requester, priority, text: the first step of the language's "Meaning".</summary>
    private static List<Written> InOrder(IEnumerable<AcceptedPolicySet> sets)
    {
        var all = new List<(int Rank, long Priority, Written Policy)>();
        foreach (var set in sets)
        {
            foreach (var (statement, i) in set.Set.Statements.Select((one, i) => (one, i)))
            {
                var (policy, rule) = statement is PolicyRule outer ? ((Policy)outer.Then[0], outer) : ((Policy)statement, null);
                var origin = new PolicyOrigin(set.Requester.Name, set.Name, rule?.Name, policy.Name, i + 1) { Place = policy.Place };
                all.Add((set.Requester.Rank, rule?.Priority ?? long.MaxValue, new(origin, policy, [.. set.Set.Definitions.AsSpan()])));
            }
        }
        return [.. all.OrderBy(one => one.Rank).ThenBy(one => one.Priority).Select(one => one.Policy)];
    }

    /// <summary>Packets from the borders of what each rule decides and of what it asks for, and some others, each of a flow of its own.</summary>
    private List<Packet> Candidates(FilterRuleSet rules)
    {
        var borders = new BorderPackets(random);
        var parts = FilterRuleEvaluation.Parts(rules, FlowSelector.Everything).ToLookup(part => part.Rule, part => part.Flows);
        var chosen = new List<Packet>();
        foreach (var rule in rules.Rules)
        {
            var boxes = Some(parts[rule].SelectMany(part => part.Boxes), 10).Concat(Some(rule.Selector.Boxes, 10));
            chosen.AddRange(Taken(Some(boxes.SelectMany(borders.Of), int.MaxValue)).Take(PacketsPerRule));
        }
        chosen.AddRange(Taken(Enumerable.Range(0, OtherPackets).Select(_ => borders.Anything())));
        return Some(chosen, int.MaxValue);
    }

    private IEnumerable<Packet> Taken(IEnumerable<Packet> packets) => 
        packets.Where(packet => !unmatched.Exists(box => box.Matches(packet)) && tally.IsExpressible(packet) && identities.TryTake(packet));

    private List<T> Some<T>(IEnumerable<T> all, int most)
    {
        var items = all.ToArray();
        random.Shuffle(items);
        return [.. items.Take(most)];
    }

    private sealed record Written(PolicyOrigin Origin, Policy Policy, FlowDefinition[] Definitions);

    private sealed record Sent(Packet Packet, uint Flow, Expectation Expected, int Uplink);

    /// <summary>By which uplinks a packet may leave; by none where it is refused.</summary>
    private sealed record Expectation(EquatableArray<int> Uplinks, PacketKind Kind, PolicyOrigin? Decided, FilterClass? Class)
    {
        public static Expectation Refused(PolicyOrigin? policy) => new([], PacketKind.Dropped, policy, null);

        /// <summary>The system's own default is the first uplink.</summary>
        public static Expectation LeftAlone(PolicyOrigin? policy) => new([1], PacketKind.Default, policy, null);
    }
}
