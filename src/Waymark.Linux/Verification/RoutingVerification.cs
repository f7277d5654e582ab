using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;

namespace Waymark.Linux.Verification;

/// <summary>
/// Compares what routing makes of marks with what paths are: packets marked for a path leave by its device and next hop, or where a static route of the system's leads, or not at all; unmarked ones go as
/// they would if nothing of ours were there.
/// </summary>
/// <param name="decision">The decision.</param>
/// <param name="meaning">What it means.</param>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="nameOf">Names of devices by index.</param>
/// <param name="findings">Where differences go.</param>
internal sealed class RoutingVerification(VerifiedDecision decision, DecisionMeaning meaning, Territory territory, Func<int, string> nameOf, Findings findings)
{
    /// <summary>RT_TABLE_MAIN.</summary>
    private const uint Main = 254;

    /// <summary>Compares one family.</summary>
    public void Check(IpFamily family, IReadOnlyList<RoutingRule> rules, IReadOnlyList<Route> routes)
    {
        var walk = new RouteWalk(family, rules, routes);
        var others = new RouteWalk(family, [.. rules.Where(rule => rule.Protocol != territory.Protocol)], routes);
        foreach (var input in decision.ForwardFrom.Cast<string?>().Prepend(null))
        {
            var whose = input is null ? "" : $" from {input}";
            foreach (var path in meaning.Paths)
            {
                Marked($"a packet{whose} marked for {path.Path.Name}", territory.Mark(path.Number), input, path);
            }
            Marked($"a packet{whose} marked for a path that is gone", territory.Mark(territory.Paths), input, null);
        }
        foreach (var path in meaning.Paths.Where(path => path.Path.Half(family) is not null))
        {
            foreach (var locator in path.Path.Half(family)!.Locators.Where(address => meaning.Paths.Count(one => one.Path.Half(family)?.Locators.Contains(address) == true) == 1))
            {
                Bound($"a packet of a socket bound to {locator}", new(0, locator), path);
            }
            if (meaning.Paths.Count(one => one.Device == path.Device) == 1)
            {
                Bound($"a packet of a socket bound to the device {path.Device}", new(0, OutputDevice: path.Device, OutputIndex: path.Path.DeviceIndex), path);
            }
        }
        Unmarked(walk, others, family);

        void Marked(string situation, uint mark, string? input, NumberedPath? path)
        {
            // Bits of other programs lead nowhere else.
            Bound(situation, new(territory.StrictBit | mark, InputDevice: input), path);
            Bound(situation, new(territory.StrictBit | mark | ~territory.FwMark, InputDevice: input), path);
        }

        void Bound(string situation, WalkQuestion question, NumberedPath? path)
        {
            Sent(walk, family, situation, question, path);
            // What is marked for a path to a peer goes by it whatever routes lead to the peer's networks: those hold without a policy.
            if (question.Mark == 0 || path?.Path.Scope.IsEverything != false)
            {
                Specific(walk, others, family, situation, question);
            }
        }
    }

    /// <summary>Connected networks and static routes of the system's come before a path's.</summary>
    private void Specific(RouteWalk all, RouteWalk others, IpFamily family, string situation, WalkQuestion question)
    {
        var now = all.Run(question, _ => { });
        foreach (var own in others.Run(question with { Mark = 0 }, _ => { }).Where(part => part.Route is { Table: Main } route && route.Destination.Length > DefaultRoute.LongestPart(family)))
        {
            foreach (var part in now)
            {
                var shared = own.Destinations.Intersect(part.Destinations);
                if (!shared.IsEmpty && !now.Any(one => one.Destinations.Intersect(shared) == shared && IsSame(one.Route, own.Route!)))
                {
                    Tell(situation, family, part with { Destinations = shared }, own.Text(nameOf));
                }
            }
        }
    }

    private static bool IsSame(Route? one, Route other) => one is not null && (one.LinkIndex, one.Gateway, one.Type) == (other.LinkIndex, other.Gateway, other.Type);

    private void Sent(RouteWalk walk, IpFamily family, string situation, WalkQuestion question, NumberedPath? path)
    {
        var half = path?.Path.Half(family);
        var isOpen = half is not null && path!.Value.Path is { HasCarrier: true, DeviceIndex: > 0 };
        var decided = isOpen ? $"{path!.Value.Device}{(half!.Gateway is { } hop ? $" via {hop}" : "")}" : "refused";
        foreach (var part in walk.Run(question, rule => Unsure(rule, situation)))
        {
            // Connected networks and static routes of the system's come first.
            var isSystems = part is { Route: { } route, Rule: { } rule } && !IsOwn(route.Table) && route.Destination.Length > DefaultRoute.LongestPart(family) && rule.Priority <= territory.Priority + RouteEncoding.SystemsOwn;
            var isRight = isOpen
                ? part is { IsSent: true, Route: { } sent } && sent.LinkIndex == path!.Value.Path.DeviceIndex && sent.Gateway == half!.Gateway
                : !part.IsSent && part.Rule is not null;
            if (!isSystems && !isRight)
            {
                Tell(situation, family, part, decided);
            }
        }
    }

    /// <summary>What the system's own rules find stays; where they find nothing, a last resort of ours may.</summary>
    private void Unmarked(RouteWalk all, RouteWalk others, IpFamily family)
    {
        const string situation = "a packet that no policy speaks of";
        var question = new WalkQuestion(0);
        var now = all.Run(question, _ => { });
        foreach (var own in others.Run(question, _ => { }))
        {
            foreach (var part in now)
            {
                var shared = own.Destinations.Intersect(part.Destinations);
                var isSame = own.Route is { } route ? IsSame(part.Route, route)
                    : own.Rule is { } rule ? part.Route is null && part.Rule?.Action == rule.Action
                    : part.Route is not { } last || IsOwn(last.Table);
                // Of several next hops the kernel takes one or the other.
                isSame |= now.Any(one => one != part && one.Destinations == part.Destinations && one.Route is { } hop && own.Route is { } was && (hop.LinkIndex, hop.Gateway) == (was.LinkIndex, was.Gateway));
                if (!shared.IsEmpty && !isSame)
                {
                    Tell(situation, family, part with { Destinations = shared }, own.Text(nameOf));
                }
            }
        }
    }

    private bool IsOwn(uint table) => table > territory.FirstTable && table <= territory.TableOf(territory.Paths);

    private void Unsure(RoutingRule rule, string situation)
    {
        // Behind ours it takes nothing from them.
        if (rule.Priority < territory.Priority + 50)
        {
            findings.AddNotUnderstood($"the ip rule at priority {rule.Priority} asks packets for more than their mark, source and devices, and comes before ours: {situation}");
        }
    }

    private void Tell(string situation, IpFamily family, RoutedPart part, string decided) => findings.Add(
        situation, PacketSample.Of(new() { Family = family, Peer = part.Destinations }), null, decided, part.Text(nameOf),
        () => [.. part.Rule is { } rule ? [$"ip rule {rule.Priority}: {(rule.Action == RuleAction.Lookup ? $"lookup {rule.Table}" : rule.Action.ToString().ToLowerInvariant())}"] : Array.Empty<string>(),
            .. part.Route is { } route ? [$"route {route.Text(nameOf)}"] : Array.Empty<string>()]);
}
