using System.Globalization;
using Waymark.ConditionDecision;
using Waymark.Conflicts;
using Waymark.Flows;
using Waymark.PathDecision;

namespace Waymark.Policies.Language;

/// <summary>What is probably not meant, or can never hold: found on a set that was read without an error.</summary>
internal static class PolicyChecks
{
    /// <summary>How many pairs of policies are compared: those of ten thousand policies, a fraction of a second.</summary>
    public const long MostPairs = 60_000_000;

    /// <summary>The protocols whose headers start with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite.</summary>
    private static readonly RangeSet WithPorts = RangeSet.Of(new NumberRange(6, 6), new NumberRange(17, 17), new NumberRange(33, 33), new NumberRange(132, 132), new NumberRange(136, 136));

    public static void Run(PolicySet set, PolicyParser parser, SourceText source)
    {
        CheckDefinitions(set, parser, source);
        // Users, groups and domains exist on the node, not here: each name gets a value of its own, so that emptiness shows whatever they are.
        var names = ImaginedNames.Of([set]);
        var merged = PolicyMerge.Merge([new(new("", 0), "", set, DateTimeOffset.UnixEpoch, [])], names);
        CheckFlows(set, names, source);
        foreach (var policy in merged.Policies)
        {
            CheckWish(policy, parser, source);
            foreach (var problem in policy.Flows.Problems)
            {
                var (start, end) = parser.Spans[policy.Policy];
                source.Warn("WAY2015", start, end, $"this can never be in force: {problem}");
            }
        }
        CheckShadows(merged, parser, source);
    }

    private static void CheckDefinitions(PolicySet set, PolicyParser parser, SourceText source)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        void Use(EquatableArray<Flow> flows)
        {
            foreach (var flow in flows)
            {
                if (flow.Named is { } name)
                {
                    used.Add(name);
                }
                foreach (var not in flow.Extras.OfType<FlowExtra.Not>())
                {
                    Use(not.Flows);
                }
            }
        }
        foreach (var definition in set.Definitions)
        {
            Use(definition.Flows);
        }
        foreach (var policy in Policies(set.Statements))
        {
            Use(policy.Flows);
        }
        foreach (var definition in set.Definitions)
        {
            if (!used.Contains(definition.Name))
            {
                var (start, end) = parser.Spans[definition];
                source.Warn("WAY2006", start, end, $"the flow '{definition.Name}' is used nowhere", "remove it, or use it in a policy");
            }
        }
    }

    private static IEnumerable<Policy> Policies(EquatableArray<Statement> statements) => statements.SelectMany(one => one switch
    {
        Policy policy => [policy],
        PolicyRule rule => Policies(rule.Then).Concat(Policies(rule.Otherwise)),
        _ => throw new System.Diagnostics.UnreachableException(),
    });

    private static void CheckFlows(PolicySet set, NodeNames names, SourceText source)
    {
        var resolution = new FlowResolution(set.Definitions, names);
        foreach (var flow in set.Definitions.SelectMany(definition => definition.Flows).Concat(Policies(set.Statements).SelectMany(policy => policy.Flows)))
        {
            var own = flow with { Named = null };
            // What a name alone means has been looked at where it is defined.
            if (own == new Flow())
            {
                continue;
            }
            var (selector, problems) = resolution.Resolve([flow]);
            if (!problems.IsEmpty)
            {
                // Told of the policies that use it.
                continue;
            }
            if (selector.IsEmpty)
            {
                CheckEmpty(flow, own, resolution, source);
            }
            else if (PortlessProtocol(selector) is { } number && (flow.Named is not { } name || PortlessProtocol(resolution.Resolve([new() { Named = name }]).Selector) is null))
            {
                var offset = source.OffsetOf(flow.Place);
                source.Warn("WAY2012", offset, offset + 1, $"packets of protocol {number} have no ports, so none of them can be meant", "leave the ports out, or name a protocol that has them: tcp, udp, sctp, dccp, udplite");
            }
        }
    }

    /// <summary>A protocol without ports where every packet of a part of the flows is of such a protocol and has to have ports; null where there is none.</summary>
    private static UInt128? PortlessProtocol(FlowSelector selector)
    {
        foreach (var box in selector.Boxes)
        {
            if (box.Protocol is { } protocols && !protocols.Overlaps(WithPorts) && (NeedsPort(box.LocalPort) || NeedsPort(box.PeerPort)))
            {
                return protocols.Ranges[0].Low;
            }
        }
        return null;
    }

    private static bool NeedsPort(RangeSet? ports) => ports is not null && !ports.Contains(FlowBox.AbsentPort);

    private static void CheckEmpty(Flow flow, Flow own, FlowResolution resolution, SourceText source)
    {
        var offset = source.OffsetOf(flow.Place);
        if (flow.Named is not { } name)
        {
            source.Warn("WAY2005", offset, offset + 1, "no packet can belong to these flows", "look for parts that exclude each other, such as ip4 with an IPv6 address");
        }
        else if (!resolution.Resolve([new() { Named = name }]).Selector.IsEmpty)
        {
            source.Error("WAY1021", offset, offset + name.Length, $"nothing of '{name}' is left by '{PolicyPrinter.Print(own)}'", "look for parts that exclude each other");
        }
    }

    private static void CheckWish(MergedPolicy policy, PolicyParser parser, SourceText source)
    {
        var (start, end) = parser.Spans[policy.Policy];
        if (policy.Policy.Action is PolicyAction.Wish wish && Contradictions.Between(wish.Require) is var (one, other))
        {
            source.Warn("WAY2004", start, end, $"no path can ever satisfy both '{PolicyPrinter.Print(one)}' and '{PolicyPrinter.Print(other)}'", "write 'or' between alternatives");
        }
        var drops = policy.Policy.Action is PolicyAction.Drop || (!policy.Policy.Else.IsEmpty && policy.Policy.Else[policy.Policy.Else.Count - 1] is PolicyAction.Drop);
        if (drops && policy.Guards.Any(guard => CanBeUnknown(guard.Condition)))
        {
            source.Warn("WAY2008", start, end, "this drops only once its rule's condition is known: until all of it is measured, at boot for example, nothing is dropped",
                "put the policy outside of the rule, or ask only for what is always known (medium, metered, cost, time)");
        }
    }

    private static bool CanBeUnknown(Condition condition) => condition switch
    {
        Condition.Always or Condition.Time or Condition.Day or Condition.PeerConnected => false,
        Condition.And(var operands) => operands.Any(CanBeUnknown),
        Condition.Or(var operands) => operands.Any(CanBeUnknown),
        Condition.Not(var operand) => CanBeUnknown(operand),
        Condition.For(var operand, _) => CanBeUnknown(operand),
        Condition.Quantified(_, var predicate) => predicate is not null && CanBeUnknown(predicate),
        Condition.Count(var predicate, _, _) => predicate is not null && CanBeUnknown(predicate),
        Condition.NamedPath => true,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool CanBeUnknown(Predicate predicate) => predicate switch
    {
        Predicate.And(var operands) => operands.Any(CanBeUnknown),
        Predicate.Or(var operands) => operands.Any(CanBeUnknown),
        Predicate.Not(var operand) => CanBeUnknown(operand),
        Predicate.For(var operand, _) => CanBeUnknown(operand),
        Predicate.Compare(var characteristic, _, _) => characteristic is not ("cost" or "quota"),
        Predicate.Is or Predicate.Flag or Predicate.Label => false,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static void CheckShadows(MergedPolicies merged, PolicyParser parser, SourceText source)
    {
        foreach (var (kind, policy, winner, others) in ConflictAnalysis.Of(merged, MostPairs).Conflicts)
        {
            var (start, end) = parser.Spans[policy.Policy];
            var line = (winner?.Policy.Place.Line ?? 0).ToString(CultureInfo.InvariantCulture);
            switch (kind)
            {
                case ConflictKind.Shadowed:
                    source.Warn("WAY2001", start, end, $"this never applies: the policy at line {line} decides all of its flows first", "put it before that one");
                    break;
                case ConflictKind.ShadowedTogether:
                    source.Warn("WAY2001", start, end, string.Create(CultureInfo.InvariantCulture, $"this never applies: the policy at line {line} and {others} more together decide all of its flows first"), "put it before those");
                    break;
                case ConflictKind.Duplicate when policy.Flows.Selector == winner!.Flows.Selector:
                    source.Warn("WAY2002", start, end, "an earlier policy says the same of the same flows", "remove one of them");
                    break;
                case ConflictKind.Duplicate:
                    source.Warn("WAY2002", start, end, $"the policy at line {line} says the same of all of its flows first", "remove it, or what it has in common with that one");
                    break;
                case ConflictKind.NeverElected:
                    source.Warn("WAY2016", start, end, "this is never elected: the conditions around it exclude each other", "take it out of one of the rules");
                    break;
            }
        }
    }
}
