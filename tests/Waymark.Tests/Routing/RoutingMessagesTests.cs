using CsCheck;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.Tests.Routing;

public sealed class RoutingMessagesTests
{
    private static readonly Gen<IpFamily> Families = OneOf(IpFamily.V4, IpFamily.V6);

    [Fact]
    public void A_route_is_read_as_it_was_written() =>
        (from family in Families
         from destination in Address(family)
         from length in Gen.Int[0, IpAddress.Width(family)]
         from table in Gen.UInt[1, uint.MaxValue]
         from link in Gen.Int[1, int.MaxValue]
         from hopFamily in OneOf(family, IpFamily.V6)
         from hop in Address(hopFamily)
         from hasHop in Gen.Bool
         from source in Address(family)
         from hasSource in Gen.Bool
         from metric in Gen.UInt
         from type in OneOf(RouteType.Unicast, RouteType.Unreachable, RouteType.Blackhole, RouteType.Throw)
         from onLink in Gen.Bool
         select new Route
         {
             Table = table,
             Destination = new(destination, length),
             Type = type,
             LinkIndex = link,
             Gateway = hasHop ? hop : null,
             PreferredSource = hasSource ? source : null,
             Metric = metric,
             Protocol = 157,
             IsOnLink = onLink,
         }).Sample(route =>
        {
            var writer = new NetlinkWriter();
            RoutingMessages.Write(writer, route, RoutingMessages.NewRoute, NetlinkFlags.None);
            var bytes = writer.Written;
            Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
            var read = new List<Route>();
            RoutingMessages.ReadRoutes(message, read);
            Assert.Equal([route], read);
        });

    [Fact]
    public void A_rule_is_read_as_it_was_written() =>
        (from family in Families
         from source in Address(family)
         from length in Gen.Int[1, IpAddress.Width(family)]
         from hasSource in Gen.Bool
         from priority in Gen.UInt
         from table in Gen.UInt[1, uint.MaxValue]
         from action in OneOf(RuleAction.Lookup, RuleAction.Unreachable)
         from mark in Gen.UInt
         from mask in Gen.UInt
         from hasMark in Gen.Bool
         from suppress in Gen.OneOf(Gen.Const((uint?)null), Gen.UInt[0, 128].Select(one => (uint?)one))
         from devices in Gen.Select(OneOf<string?>(null, "wan0"), OneOf<string?>(null, "lan0"))
         from inverted in Gen.Bool
         select new RoutingRule
         {
             Family = family,
             Source = hasSource ? new IpPrefix(source, length) : null,
             Priority = priority,
             Table = action == RuleAction.Lookup ? table : 0,
             Action = action,
             Mark = hasMark ? mark : null,
             MarkMask = hasMark ? mask : uint.MaxValue,
             SuppressPrefixLength = suppress,
             OutputDevice = devices.Item1,
             InputDevice = devices.Item2,
             IsInverted = inverted,
             Protocol = 157,
         }).Sample(rule =>
        {
            var writer = new NetlinkWriter();
            RoutingMessages.Write(writer, rule, RoutingMessages.NewRule, NetlinkFlags.None);
            var bytes = writer.Written;
            Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
            Assert.Equal(rule, RoutingMessages.ReadRule(message));
        });

    [Fact]
    public void Messages_of_any_bytes_are_read_without_a_fault() =>
        Gen.Select(OneOf<ushort>(16, 17, 20, 21, 24, 25, 32, 33), OneOf<byte>(2, 10), Gen.Byte.Array[0, 120], Gen.Byte[0, 30].Array[0, 12]).Sample((type, family, noise, kinds) =>
        {
            // Attributes of every known kind with contents of every length, behind a header of noise.
            var writer = new NetlinkWriter();
            writer.BeginMessage(type, NetlinkFlags.None);
            writer.Raw([family, .. noise.Take(11).Concat(new byte[11]).Take(11)]);
            foreach (var kind in kinds)
            {
                writer.Attribute(kind, noise.AsSpan(0, Math.Min(noise.Length, kind * 2)));
            }
            writer.EndMessage();
            var bytes = writer.Written;
            Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
            RoutingMessages.ReadLink(message);
            RoutingMessages.ReadAddress(message);
            RoutingMessages.ReadRoutes(message, []);
            RoutingMessages.ReadRule(message);
            RoutingMessages.ReadAnswer(message);
        });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<IpAddress> Address(IpFamily family) =>
        family == IpFamily.V4 ? Gen.UInt.Select(bits => new IpAddress(IpFamily.V4, bits)) : Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new IpAddress(IpFamily.V6, new UInt128(high, low)));
}
