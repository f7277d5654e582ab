using Waymark.Flows;
using Waymark.Linux.Routing;

namespace Waymark.Linux.Verification;

/// <summary>What routing does with packets to some destinations.</summary>
/// <param name="Destinations">The destinations, as numbers.</param>
/// <param name="Rule">The routing rule that decided; null: none did.</param>
/// <param name="Route">The route; null: the rule itself refuses them.</param>
internal sealed record RoutedPart(RangeSet Destinations, RoutingRule? Rule, Route? Route)
{
    /// <summary>Whether packets are sent somewhere.</summary>
    public bool IsSent => Route is { Type: RouteType.Unicast };

    /// <summary>In words.</summary>
    /// <param name="nameOf">Names of devices by index.</param>
    public string Text(Func<int, string> nameOf) => this switch
    {
        { Rule: null } => "no rule finds a route",
        { Route: null } => $"{Rule.Action.ToString().ToLowerInvariant()} by the ip rule at priority {Rule.Priority}",
        _ => $"{(IsSent ? nameOf(Route.LinkIndex) : Route.Type.ToString().ToLowerInvariant())}{(Route.Gateway is { } hop ? $" via {hop}" : "")} (table {Route.Table}, ip rule at priority {Rule.Priority})",
    };
}

/// <summary>Follows the rules of policy routing for packets to every destination at once, as the kernel does: the first rule whose table has an answer decides, in it the longest prefix.</summary>
/// <param name="family">Of which family.</param>
/// <param name="rules">Its rules, in order of priority.</param>
/// <param name="routes">Its routes, of all tables but the local one.</param>
internal sealed class RouteWalk(IpFamily family, IReadOnlyList<RoutingRule> rules, IReadOnlyList<Route> routes)
{
    /// <summary>RT_TABLE_LOCAL: what goes to this host itself is no flow of ours.</summary>
    private const uint LocalTable = 255;

    private readonly ILookup<uint, Route> tables = routes.Where(route => !route.IsDead && route.Destination.Family == family).ToLookup(route => route.Table);

    /// <summary>The parts of the destinations by what becomes of packets there.</summary>
    /// <param name="question">The packets: mark, source, devices; the destination is not looked at.</param>
    /// <param name="unsure">Told of each rule that may take some of them, by what is not part of the question.</param>
    public List<RoutedPart> Run(WalkQuestion question, Action<RoutingRule> unsure)
    {
        var found = new List<RoutedPart>();
        var left = RangeSet.Of(new NumberRange(0, IpAddress.Highest(family)));
        foreach (var rule in rules)
        {
            if (left.IsEmpty)
            {
                break;
            }
            var matches = Matches(rule, question) != rule.IsInverted;
            if (rule.HasOtherSelectors && (matches || rule.IsInverted))
            {
                unsure(rule);
                continue;
            }
            if (!matches || rule.Action == RuleAction.Nop || rule.Table == LocalTable)
            {
                continue;
            }
            switch (rule.Action)
            {
                case RuleAction.Lookup:
                    left = Look(rule, question, left, found);
                    break;
                case RuleAction.Blackhole or RuleAction.Unreachable or RuleAction.Prohibit:
                    found.Add(new(left, rule, null));
                    left = RangeSet.Empty;
                    break;
                default:
                    unsure(rule);
                    break;
            }
        }
        if (!left.IsEmpty)
        {
            found.Add(new(left, null, null));
        }
        return found;
    }

    private RangeSet Look(RoutingRule rule, WalkQuestion question, RangeSet left, List<RoutedPart> found)
    {
        var open = left;
        var usable = tables[rule.Table].Where(route => question.OutputIndex is not { } bound || route.LinkIndex == bound || route.Type != RouteType.Unicast);
        foreach (var group in usable.GroupBy(route => (route.Destination, route.Metric)).OrderByDescending(group => group.Key.Destination.Length).ThenBy(group => group.Key.Metric))
        {
            var prefix = group.Key.Destination;
            var part = open.Intersect(RangeSet.Of(new NumberRange(prefix.First.Bits, prefix.Last.Bits)));
            if (part.IsEmpty)
            {
                continue;
            }
            open = open.Intersect(part.Complement(IpAddress.Highest(family)));
            // What is suppressed, or thrown back, goes on at the next rule, not to a shorter prefix.
            if (prefix.Length > (rule.SuppressPrefixLength is { } shortest ? (int)Math.Min(shortest, 128) : -1) && group.First().Type != RouteType.Throw)
            {
                found.AddRange(group.Select(route => new RoutedPart(part, rule, route)));
                left = left.Intersect(part.Complement(IpAddress.Highest(family)));
            }
        }
        return left;
    }

    private static bool Matches(RoutingRule rule, WalkQuestion question) =>
        (rule.Mark is not { } mark || (question.Mark & rule.MarkMask) == mark)
        && (rule.Source is not { } source || (question.Source is { } address && source.Contains(address)))
        && (rule.OutputDevice is not { } output || output == question.OutputDevice)
        && (rule.InputDevice is not { } input || input == (question.InputDevice ?? "lo"));
}

/// <summary>Packets that routing is asked about.</summary>
/// <param name="Mark">Their mark.</param>
/// <param name="Source">Their source; null: not chosen yet, or one that no rule names.</param>
/// <param name="InputDevice">The device that they came in by; null: they are of this host.</param>
/// <param name="OutputDevice">The device that their socket is bound to; null: none.</param>
/// <param name="OutputIndex">Its index.</param>
internal sealed record WalkQuestion(uint Mark, IpAddress? Source = null, string? InputDevice = null, string? OutputDevice = null, int? OutputIndex = null);
