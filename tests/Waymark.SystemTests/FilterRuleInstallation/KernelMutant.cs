using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>One bit of one element, instruction, ip rule or route, turned: what stands there, and what is to stand there in its place.</summary>
internal abstract record KernelMutant
{
    private KernelMutant()
    {
    }

    /// <summary>An element of a set or map.</summary>
    public sealed record OfElement(NftablesSet Set, NftablesElement Was, NftablesElement Becomes) : KernelMutant;

    /// <summary>An instruction of a rule; the whole chain is written again.</summary>
    public sealed record OfInstruction(NftablesChain Was, NftablesChain Becomes, string Rule) : KernelMutant;

    /// <summary>A rule of policy routing.</summary>
    public sealed record OfIpRule(RoutingRule Was, RoutingRule Becomes) : KernelMutant;

    /// <summary>A route.</summary>
    public sealed record OfRoute(Route Was, Route Becomes) : KernelMutant;

    /// <summary>What became what, for people.</summary>
    public sealed override string ToString() => this switch
    {
        OfElement(var set, var was, var becomes) => $"{set.Name}: {Text(was)} became {Text(becomes)}",
        OfInstruction(var chain, _, var rule) => $"{chain.Name}, {rule}",
        OfIpRule(var was, var becomes) => $"{was} became {becomes}",
        OfRoute(var was, var becomes) => $"{was} from {was.PreferredSource} became {becomes} from {becomes.PreferredSource}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Turns a bit of an element's key, of the end of its range or of its value.</summary>
    public static KernelMutant? Element(Random random, NftablesTable table)
    {
        var (set, element) = Any(random, table.Sets.SelectMany(set => set.Elements.Select(element => (set, element))).ToList());
        var parts = new List<Func<NftablesElement>> { () => element with { Key = Turned(random, element.Key) } };
        if (!element.KeyEnd.IsEmpty)
        {
            parts.Add(() => element with { KeyEnd = Turned(random, element.KeyEnd) });
        }
        if (!element.Value.IsEmpty)
        {
            parts.Add(() => element with { Value = Turned(random, element.Value) });
        }
        var becomes = Any(random, parts)();
        // Of ranges that end before they begin, or of two elements that share a value, the kernel holds no set.
        return IsRange(set, becomes) && !set.Elements.Any(other => other != element && Overlap(set, other, becomes)) ? new OfElement(set, element, becomes) : null;
    }

    /// <summary>Turns a bit of what an instruction compares with, masks by, writes, loads or hashes.</summary>
    public static KernelMutant? Instruction(Random random, NftablesTable table)
    {
        var (chain, at) = Any(random, table.Chains.SelectMany(chain => Enumerable.Range(0, chain.Rules.Count).Select(at => (chain, at))).ToList());
        var rule = chain.Rules[at];
        var place = random.Next(rule.Expressions.Count);
        if (Turned(random, rule.Expressions[place]) is not { } turned)
        {
            return null;
        }
        var becomes = rule with { Expressions = [.. rule.Expressions.Select((one, i) => i == place ? turned : one)] };
        return new OfInstruction(chain, chain with { Rules = [.. chain.Rules.Select((one, i) => i == at ? becomes : one)] }, $"rule {at + 1}: {rule.Expressions[place]} became {turned}");
    }

    /// <summary>Turns a bit of a rule's priority, table, mark, mask, source, action or sense.</summary>
    public static KernelMutant? IpRule(Random random, IReadOnlyList<RoutingRule> rules)
    {
        var rule = Any(random, rules);
        var bit = 1u << random.Next(32);
        var becomes = random.Next(7) switch
        {
            0 => rule with { Priority = rule.Priority ^ (1u << random.Next(16)) },
            1 when rule.Action == RuleAction.Lookup => rule with { Table = rule.Table ^ (1u << random.Next(16)) },
            2 when rule.Mark is { } mark => rule with { Mark = mark ^ bit },
            3 when rule.Mark is { } => rule with { MarkMask = rule.MarkMask ^ bit },
            4 when rule.Source is { } source => rule with { Source = random.Next(2) == 0 ? new(Turned(random, source.First), source.Length) : new(source.First, Math.Min(source.Length ^ (1 << random.Next(5)), source.Length)) },
            5 when rule.SuppressPrefixLength is { } length => rule with { SuppressPrefixLength = length ^ (1u << random.Next(6)) },
            _ => rule with { IsInverted = !rule.IsInverted },
        };
        // A length beyond the address is none.
        return becomes == rule ? null : new OfIpRule(rule, becomes);
    }

    /// <summary>Turns a bit of a route's table, destination, next hop, preferred source or type.</summary>
    public static KernelMutant? Route(Random random, IReadOnlyList<Route> routes)
    {
        var route = Any(random, routes);
        return new OfRoute(route, random.Next(5) switch
        {
            0 => route with { Table = route.Table ^ (1u << random.Next(16)) },
            1 => route with { Destination = new(route.Destination.First, route.Destination.Length ^ (1 << random.Next(5))) },
            2 when route.Gateway is { } hop => route with { Gateway = Turned(random, hop) },
            3 when route.PreferredSource is { } source => route with { PreferredSource = Turned(random, source) },
            _ => route with { Metric = route.Metric ^ (1u << random.Next(12)) },
        });
    }

    private static bool IsRange(NftablesSet set, NftablesElement element) =>
        Parts(set).All(part => element.Key.AsSpan()[part].SequenceCompareTo(End(element)[part]) <= 0);

    private static bool Overlap(NftablesSet set, NftablesElement one, NftablesElement other) => Parts(set).All(part =>
        one.Key.AsSpan()[part].SequenceCompareTo(End(other)[part]) <= 0 && other.Key.AsSpan()[part].SequenceCompareTo(End(one)[part]) <= 0);

    private static ReadOnlySpan<byte> End(NftablesElement element) => element.KeyEnd.IsEmpty ? element.Key.AsSpan() : element.KeyEnd.AsSpan();

    private static IEnumerable<Range> Parts(NftablesSet set)
    {
        var at = 0;
        foreach (var type in set.Key.AsEnumerable())
        {
            yield return at..(at + type.Length);
            at += set.Key.Count == 1 ? type.Length : type.Padded;
        }
    }

    private static NftablesExpression? Turned(Random random, NftablesExpression expression) => expression switch
    {
        Compare one => random.Next(8) == 0
            ? one with { Comparison = one.Comparison == NftablesComparison.Equal ? NftablesComparison.NotEqual : NftablesComparison.Equal }
            : one with { Value = Turned(random, one.Value) },
        InRange one => random.Next(2) == 0 ? one with { Low = Turned(random, one.Low) } : one with { High = Turned(random, one.High) },
        Bitwise one => random.Next(2) == 0 ? one with { Mask = Turned(random, one.Mask) } : one with { Xor = Turned(random, one.Xor) },
        Constant one => one with { Value = Turned(random, one.Value) },
        Payload one => random.Next(2) == 0 ? one with { Offset = one.Offset ^ (1 << random.Next(5)) } : one with { Length = one.Length ^ (1 << random.Next(5)) },
        Hash one => random.Next(2) == 0 ? one with { Modulus = one.Modulus ^ (1u << random.Next(8)) } : one with { Seed = one.Seed ^ (1u << random.Next(32)) },
        InSet one => one with { Absent = !one.Absent },
        Meta one => one with { Key = (NftablesMetaKey)((int)one.Key ^ (1 << random.Next(5))) },
        Conntrack one => one with { Key = (NftablesConntrackKey)((int)one.Key ^ (1 << random.Next(5))) },
        ConntrackDestination one => one with { IsReply = !one.IsReply },
        Reject one => one with { TcpReset = !one.TcpReset },
        _ => null,
    };

    private static EquatableArray<byte> Turned(Random random, EquatableArray<byte> bytes)
    {
        var place = random.Next(bytes.Count);
        return [.. bytes.Select((one, i) => i == place ? (byte)(one ^ (1 << random.Next(8))) : one)];
    }

    private static IpAddress Turned(Random random, IpAddress address) => address with { Bits = address.Bits ^ (UInt128.One << random.Next(IpAddress.Width(address.Family))) };

    private static string Text(NftablesElement element) => string.Join(' ', new[] { element.Key, element.KeyEnd, element.Value }.Where(bytes => !bytes.IsEmpty).Select(bytes => Convert.ToHexStringLower(bytes.AsSpan())));

    private static T Any<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
