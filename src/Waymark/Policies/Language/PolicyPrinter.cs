using System.Globalization;
using System.Text;
using Waymark.Flows;
using Waymark.Units;

namespace Waymark.Policies.Language;

/// <summary>The canonical text of the model: the same value always prints the same, and reading it gives the value again.</summary>
public static class PolicyPrinter
{
    /// <summary>A whole set: definitions first, then its statements; ends with a line feed unless it is empty.</summary>
    public static string Print(PolicySet set)
    {
        var text = new StringBuilder();
        foreach (var definition in set.Definitions)
        {
            text.Append(Print(definition)).Append('\n');
        }
        foreach (var statement in set.Statements)
        {
            Print(statement, text, 0);
        }
        return text.ToString();
    }

    /// <summary><c>flow NAME = ...;</c>.</summary>
    public static string Print(FlowDefinition definition) => $"flow {Name(definition.Name)} = {Print(definition.Flows)};";

    /// <summary>A policy on one line.</summary>
    public static string Print(Policy policy)
    {
        var text = new StringBuilder();
        if (policy.Name is { } name)
        {
            text.Append(Name(name)).Append(": ");
        }
        text.Append(Print(policy.Flows));
        if (policy.Target is not Target.Local)
        {
            text.Append(" at ").Append(Print(policy.Target));
        }
        text.Append(' ').Append(Print(policy.Action));
        foreach (var fallback in policy.Else)
        {
            text.Append(" else ").Append(PrintFallback(fallback));
        }
        if (policy.Established is { } established)
        {
            text.Append(" established ").Append(established switch
            {
                Established.Keep => "keep",
                Established.Move => "move",
                Established.Cut => "cut",
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }
        if (policy.Lifetime is { } lifetime)
        {
            text.Append(" lifetime ").Append(Unit.Print(lifetime));
        }
        return text.Append(';').ToString();
    }

    /// <summary>The head of a rule, up to its condition.</summary>
    public static string PrintHead(PolicyRule rule)
    {
        var head = rule.Name is { } name ? $"rule {Name(name)} {(rule.Priority is { } priority ? string.Create(CultureInfo.InvariantCulture, $"priority {priority} ") : "")}" : "";
        return $"{head}when {Print(rule.Condition)}";
    }

    /// <summary>What is wanted.</summary>
    public static string Print(PolicyAction action)
    {
        switch (action)
        {
            case PolicyAction.Drop:
                return "drop";
            case PolicyAction.Default:
                return "default";
            case PolicyAction.Closest:
                return "closest";
            case PolicyAction.Wish wish:
                var parts = new List<string>();
                if (!wish.Require.IsEmpty)
                {
                    parts.Add("require " + string.Join(", ", wish.Require.Select(Print)));
                }
                if (!wish.Prefer.IsEmpty)
                {
                    parts.Add("prefer " + string.Join(", ", wish.Prefer.Select(Print)));
                }
                if (wish.Balance is { } balance)
                {
                    parts.Add("balance" + (balance.By is { } by ? $" by {by}" : "") + balance.Per switch
                    {
                        BalancePer.Peer => "",
                        BalancePer.Flow => " per flow",
                        BalancePer.Local => " per local",
                        _ => throw new System.Diagnostics.UnreachableException(),
                    });
                }
                if (wish.Duplicate)
                {
                    parts.Add("duplicate");
                }
                return string.Join(' ', parts);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>What is done instead: a preference alone says so by its first word, where that is <c>lowest</c> or <c>highest</c>.</summary>
    public static string PrintFallback(PolicyAction action) =>
        action is PolicyAction.Wish { Require.IsEmpty: true, Balance: null, Duplicate: false } wish && !wish.Prefer.IsEmpty && wish.Prefer[0] is Criterion.ByNumber
            ? string.Join(", ", wish.Prefer.Select(Print))
            : Print(action);

    /// <summary>One step of a preference.</summary>
    public static string Print(Criterion criterion) => criterion switch
    {
        Criterion.ByNumber number => (number.Highest ? "highest " : "lowest ") + number.Characteristic
            + (number.Within is { } within ? " within " + Unit.Print(within) : "") + (number.For is { } wait ? " for " + Unit.Print(wait) : ""),
        Criterion.ByPredicate(var predicate) => Print(predicate),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>A condition.</summary>
    public static string Print(Condition condition) => condition switch
    {
        Condition.Always => "always",
        Condition.And(var operands) => string.Join(" and ", operands.Select(one => one is Condition.And or Condition.Or ? $"({Print(one)})" : Print(one))),
        Condition.Or(var operands) => string.Join(" or ", operands.Select(one => one is Condition.Or ? $"({Print(one)})" : Print(one))),
        Condition.Not(var operand) => "not " + (operand is Condition.And or Condition.Or or Condition.For ? $"({Print(operand)})" : Print(operand)),
        Condition.For(var operand, var duration) => (operand is Condition.And or Condition.Or ? $"({Print(operand)})" : Print(operand)) + " for " + Unit.Print(duration),
        Condition.Quantified(var quantifier, var predicate) => quantifier switch
        {
            Quantifier.Any => "any",
            Quantifier.Every => "every",
            Quantifier.No => "no",
            _ => throw new System.Diagnostics.UnreachableException(),
        } + " path" + (predicate is null ? "" : $" ({Print(predicate)})"),
        Condition.Count(var predicate, var comparison, var limit) =>
            string.Create(CultureInfo.InvariantCulture, $"count path{(predicate is null ? "" : $" ({Print(predicate)})")} {Print(comparison)} {limit}"),
        Condition.NamedPath(var name, var predicate) => $"path {Quote(name)} ({Print(predicate)})",
        Condition.Time(var from, var to) => string.Create(CultureInfo.InvariantCulture, $"time {from:HH\\:mm}-{to:HH\\:mm}"),
        Condition.Day(var from, var to) => "day " + Words.Days[(int)from] + (from == to ? "" : "-" + Words.Days[(int)to]),
        Condition.PeerConnected(var peer) => $"peer {Name(peer)} connected",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>A claim about a path.</summary>
    public static string Print(Predicate predicate) => predicate switch
    {
        Predicate.And(var operands) => string.Join(" and ", operands.Select(one => one is Predicate.And or Predicate.Or ? $"({Print(one)})" : Print(one))),
        Predicate.Or(var operands) => string.Join(" or ", operands.Select(one => one is Predicate.Or ? $"({Print(one)})" : Print(one))),
        Predicate.Not(var operand) => "not " + (operand is Predicate.And or Predicate.Or or Predicate.For ? $"({Print(operand)})" : Print(operand)),
        Predicate.For(var operand, var duration) => (operand is Predicate.And or Predicate.Or ? $"({Print(operand)})" : Print(operand)) + " for " + Unit.Print(duration),
        Predicate.Compare(var characteristic, var comparison, var limit) => $"{characteristic} {Print(comparison)} {Unit.Print(limit)}",
        Predicate.Is(var characteristic, var equal, var word) => $"{characteristic} {(equal ? "=" : "!=")} {Name(word)}",
        Predicate.Flag(var characteristic) => characteristic,
        Predicate.Label(var key, var equal, var value) => $"label {Quote(key)} {(equal ? "=" : "!=")} {Quote(value)}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Flows with commas between them.</summary>
    public static string Print(EquatableArray<Flow> flows) => string.Join(", ", flows.Select(Print));

    /// <summary>One flow.</summary>
    public static string Print(Flow flow)
    {
        var parts = new List<string>();
        if (flow.Named is { } named)
        {
            parts.Add(Name(named));
        }
        if (flow.Family is { } family)
        {
            parts.Add(family == IpFamily.V4 ? "ip4" : "ip6");
        }
        if (flow.Protocol is { } protocol)
        {
            parts.Add(Print(protocol));
        }
        if (flow.Local is { } local)
        {
            parts.Add("local " + Print(local));
        }
        if (flow.Peer is { } peer)
        {
            parts.Add("peer " + Print(peer));
        }
        parts.AddRange(flow.Extras.Select(Print));
        return string.Join(' ', parts);
    }

    /// <summary>Where a policy is enforced.</summary>
    public static string Print(Target target) => target switch
    {
        Target.Local => "local",
        Target.AnyPeer => "peer any",
        Target.NamedPeer(var name) => "peer " + Name(name),
        Target.PeerAt(var address) => $"peer {address}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>A number with its unit.</summary>
    public static string Print(Quantity quantity) => Unit.Print(quantity);

    /// <summary>A name, quoted where it would be read as something else.</summary>
    public static string Name(string name)
    {
        var isWord = name.Length > 0 && char.IsAsciiLetter(name[0]) && !Words.Reserved.Contains(name);
        for (var i = 1; isWord && i < name.Length; i++)
        {
            isWord = char.IsAsciiLetterOrDigit(name[i]) || name[i] == '_' || (name[i] is '-' or '.' && i + 1 < name.Length && char.IsAsciiLetterOrDigit(name[i + 1]));
        }
        return isWord && !name.EndsWith("bit", StringComparison.Ordinal) ? name : Quote(name);
    }

    /// <summary>A string in quotes.</summary>
    public static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    internal static void Print(Statement statement, StringBuilder text, int level)
    {
        var indent = new string(' ', 2 * level);
        switch (statement)
        {
            case Policy policy:
                text.Append(indent).Append(Print(policy)).Append('\n');
                break;
            case PolicyRule rule:
                text.Append(indent).Append(PrintHead(rule)).Append(" {\n");
                foreach (var inner in rule.Then)
                {
                    Print(inner, text, level + 1);
                }
                text.Append(indent).Append('}');
                if (rule.HasOtherwise)
                {
                    text.Append(" otherwise {\n");
                    foreach (var inner in rule.Otherwise)
                    {
                        Print(inner, text, level + 1);
                    }
                    text.Append(indent).Append('}');
                }
                text.Append('\n');
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static string Print(Comparison comparison) => comparison switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.GreaterOrEqual => ">=",
        Comparison.Equal => "=",
        Comparison.NotEqual => "!=",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Print(FlowProtocol protocol) => protocol switch
    {
        FlowProtocol.Any => "any",
        FlowProtocol.Transport(var transport, var ports) => transport switch
        {
            TransportProtocol.Tcp => "tcp",
            TransportProtocol.Udp => "udp",
            TransportProtocol.Dccp => "dccp",
            TransportProtocol.Sctp => "sctp",
            TransportProtocol.UdpLite => "udplite",
            _ => throw new System.Diagnostics.UnreachableException(),
        } + Optional(" port ", ports),
        FlowProtocol.Port(var ports) => "port " + Print(ports),
        FlowProtocol.Icmp(var types, var codes) => "icmp" + Optional(" type ", types) + Optional(" code ", codes),
        FlowProtocol.Security(var esp, var ah, var spis) => (esp && ah ? "ipsec" : esp ? "esp" : "ah") + Optional(" spi ", spis),
        FlowProtocol.Numbers(var values) => "proto " + Print(values),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Print(FlowEnd end)
    {
        var place = end.Domain is { } domain ? "domain " + Quote(domain) : string.Join(" | ", end.Addresses.Select(prefix => prefix.ToString()));
        return place + Optional(place.Length > 0 ? " port " : "port ", end.Ports);
    }

    private static string Print(FlowExtra extra) => extra switch
    {
        FlowExtra.Dscp([(var low, var high)]) when low == high && Words.CodePointNames.TryGetValue(low, out var name) => "dscp " + name,
        FlowExtra.Dscp(var values) => "dscp " + Print(values),
        FlowExtra.Label(var values) => "label " + Print(values),
        FlowExtra.User(var name) => "by user " + NameOrNumber(name),
        FlowExtra.Group(var name) => "by group " + NameOrNumber(name),
        FlowExtra.App(var name) => "by app " + Name(name),
        FlowExtra.Cgroup(var name) => "by cgroup " + Quote(name),
        FlowExtra.FromInterface(var name) => "from interface " + Name(name),
        FlowExtra.Started(var by) => "started " + by switch
        {
            StartedBy.Here => "here",
            StartedBy.Peer => "peer",
            StartedBy.Forwarded => "forwarded",
            _ => throw new System.Diagnostics.UnreachableException(),
        },
        FlowExtra.Not(var flows) => $"not ({Print(flows)})",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string NameOrNumber(string name) => name.Length is > 0 and < 10 && name.All(char.IsAsciiDigit) && (name[0] != '0' || name == "0") ? name : Name(name);

    private static string Optional(string word, EquatableArray<IntegerRange> ranges) => ranges.IsEmpty ? "" : word + Print(ranges);

    private static string Print(EquatableArray<IntegerRange> ranges) => ranges.Count == 1 ? Print(ranges[0]) : $"{{{string.Join(", ", ranges.Select(Print))}}}";

    internal static string Print(IntegerRange range) => range.Low == range.High
        ? range.Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.Low}-{range.High}");
}
