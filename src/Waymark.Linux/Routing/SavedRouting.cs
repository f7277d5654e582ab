using System.Text.Json;
using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>
/// What <c>ip -N -j rule</c>, <c>ip -N -j route show table all</c> and <c>ip -N -j address</c> print of one family, one after the other. A rule that asks packets for what is not known here counts as one
/// that asks for more (<see cref="RoutingRule.HasOtherSelectors"/>), as one read from the kernel does.
/// </summary>
/// <param name="Rules">The rules, in order of priority.</param>
/// <param name="Routes">The routes of all tables but the local one; of several next hops each for itself.</param>
/// <param name="Addresses">The addresses, with the names of their devices.</param>
/// <param name="Loopbacks">The names of loopback devices.</param>
internal sealed record SavedRouting(EquatableArray<RoutingRule> Rules, EquatableArray<Route> Routes, EquatableArray<(string Device, IpPrefix Prefix)> Addresses, EquatableArray<string> Loopbacks)
{
    private const string Mend = "save it with 'ip -N -j'";

    private static readonly JsonReaderOptions Several = new() { AllowMultipleValues = true };

    /// <summary>Reads them. Throws <see cref="FormatException"/>, with the place, where the text is something else, or lacks one of the three.</summary>
    /// <param name="text">The text.</param>
    /// <param name="family">Of which family: rules do not say it.</param>
    /// <param name="indexOf">The number of a device.</param>
    public static SavedRouting Read(ReadOnlySpan<byte> text, IpFamily family, Func<string, int> indexOf)
    {
        var reader = new Utf8JsonReader(text, Several);
        var rules = new List<RoutingRule>();
        var routes = new List<Route>();
        var addresses = new List<(string, IpPrefix)>();
        var loopbacks = new List<string>();
        var list = 0;
        try
        {
            while (reader.Read())
            {
                using var document = JsonDocument.ParseValue(ref reader);
                list++;
                if (document.RootElement.ValueKind != JsonValueKind.Array)
                {
                    throw new FormatException($"list {list} is no list: {Mend}");
                }
                var number = 0;
                foreach (var entry in document.RootElement.EnumerateArray())
                {
                    number++;
                    var one = new SavedEntry(entry, $"entry {number} of list {list}", Mend);
                    if (one.Has("priority"))
                    {
                        rules.Add(Rule(one, family));
                    }
                    else if (one.Has("dst"))
                    {
                        routes.AddRange(Hops(one, Route(one, family, indexOf), family, indexOf).Where(route => route.Table != RoutingMessages.LocalTable));
                    }
                    else if (one.Has("ifname"))
                    {
                        AddAddresses(one, family, addresses, loopbacks);
                    }
                    else
                    {
                        throw one.Wrong("is no rule, no route and no device");
                    }
                }
            }
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}: this is no whole JSON: {Mend}", wrong);
        }
        catch (InvalidOperationException halved)
        {
            // Half of a surrogate pair, escaped: no text that ip prints.
            throw new FormatException($"this JSON has what is no text: {halved.Message}", halved);
        }
        // One that is empty says not of what.
        return list == 3
            ? new([.. rules.OrderBy(rule => rule.Priority)], [.. routes], [.. addresses], [.. loopbacks])
            : throw new FormatException($"there are {list} lists in it, and there should be three: of 'ip -{(family == IpFamily.V4 ? 4 : 6)} -N -j rule', '... route show table all' and '... address'");
    }

    private static RoutingRule Rule(SavedEntry one, IpFamily family)
    {
        var rule = new RoutingRule { Family = family, Priority = one.Number("priority"), Protocol = one.Protocol(absent: 0) };
        uint? mask = null;
        foreach (var name in one.Names)
        {
            rule = name switch
            {
                "priority" or "protocol" or "srclen" or "fwmask" or "iif_detached" or "oif_detached" => rule,
                "src" => one.Text("src") == "all" ? rule : rule with { Source = one.Prefix("src", "srclen", family) },
                "fwmark" => rule with { Mark = one.Number("fwmark") },
                "iif" => rule with { InputDevice = one.Text("iif") },
                "oif" => rule with { OutputDevice = one.Text("oif") },
                "table" => rule with { Table = one.Table(absent: 0) },
                "suppress_prefixlen" => rule with { SuppressPrefixLength = one.Number("suppress_prefixlen") },
                "not" => rule with { IsInverted = true },
                "nop" => rule with { Action = RuleAction.Nop },
                "goto" => rule with { Action = RuleAction.Goto },
                "action" => rule with { Action = one.Choice<RuleAction>("action") },
                _ => rule with { HasOtherSelectors = true },
            };
            mask = name == "fwmask" ? one.Number("fwmask") : mask;
        }
        return mask is { } bits ? rule with { Mark = rule.Mark ?? 0, MarkMask = bits } : rule;
    }

    private static Route Route(SavedEntry one, IpFamily family, Func<string, int> indexOf)
    {
        foreach (var selective in new[] { "tos", "from" })
        {
            if (one.Has(selective))
            {
                throw one.Wrong($"is a route that asks packets for more than their destination ('{selective}'), which is not understood");
            }
        }
        return new()
        {
            Table = one.Table(absent: 254),
            Destination = one.Text("dst") == "default" ? new(new(family, 0), 0) : one.Prefix("dst", null, family),
            Type = one.Has("type") ? one.Choice<RouteType>("type") : RouteType.Unicast,
            LinkIndex = one.Has("dev") ? indexOf(one.Text("dev")) : 0,
            Gateway = one.Gateway(family),
            Metric = one.Has("metric") ? one.Number("metric") : 0,
            Protocol = one.Protocol(absent: 3),
            IsOnLink = one.Flags.Contains("onlink"),
            IsDead = one.Flags.Contains("dead"),
            IsLinkDown = one.Flags.Contains("linkdown"),
        };
    }

    private static IEnumerable<Route> Hops(SavedEntry one, Route route, IpFamily family, Func<string, int> indexOf) => !one.Has("nexthops") ? [route]
        : one.List("nexthops").Select(hop => route with
        {
            LinkIndex = hop.Has("dev") ? indexOf(hop.Text("dev")) : route.LinkIndex,
            Gateway = hop.Gateway(family),
            IsDead = hop.Flags.Contains("dead"),
            IsLinkDown = hop.Flags.Contains("linkdown"),
        });

    private static void AddAddresses(SavedEntry one, IpFamily family, List<(string, IpPrefix)> addresses, List<string> loopbacks)
    {
        var device = one.Text("ifname");
        if (one.Flags.Contains("LOOPBACK"))
        {
            loopbacks.Add(device);
        }
        foreach (var address in one.Has("addr_info") ? one.List("addr_info") : [])
        {
            if (address.Has("local") && address.Text("family") == (family == IpFamily.V4 ? "inet" : "inet6"))
            {
                // Of a device with one peer, what is connected is the peer.
                addresses.Add((device, address.Prefix(address.Has("address") ? "address" : "local", "prefixlen", family)));
            }
        }
    }
}
