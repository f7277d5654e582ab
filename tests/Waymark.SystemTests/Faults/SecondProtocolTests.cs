using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// A second protocol beside plain IP keeps the contract of a path maintainer honest: its lines lead to one peer only, its flows can be moved, and nothing but its own
/// maintainer knows of it. Two lines beside the three uplinks of the <see cref="World"/>:
/// <code>
/// node --c1 10.88.1.1 ... .2 q1-- far
///      --c2 10.88.2.1 ... .2 q2--       no default routes: to plain IP they are no paths
/// </code>
/// </summary>
public sealed class SecondProtocolTests : IAsyncDisposable
{
    private static readonly IPAddress Other4 = IPAddress.Parse("203.0.113.8"), Other6 = IPAddress.Parse("2001:db8:cafe::8");

    private readonly World world = new();
    private readonly CourierMaintainer courier = new();
    private RunningNode? node;

    public SecondProtocolTests()
    {
        for (var n = 1; n <= 2; n++)
        {
            World.Shell("ip", "link", "add", $"c{n}", "netns", world.NodeName, "type", "veth", "peer", "name", $"q{n}", "netns", world.FarName);
            World.Ip(world.NodeName, $"link set c{n} up; addr add 10.88.{n}.1/24 dev c{n}; -6 addr add 2001:db8:88{n}::1/64 dev c{n} nodad");
            World.Ip(world.FarName, $"link set q{n} up; addr add 10.88.{n}.2/24 dev q{n}; -6 addr add 2001:db8:88{n}::2/64 dev q{n} nodad");
        }
        World.Ip(world.FarName, $"addr add {Other4}/32 dev lo; -6 addr add {Other6}/128 dev lo nodad");
    }

    public async ValueTask DisposeAsync()
    {
        if (node is not null)
        {
            await node.DisposeAsync();
        }
        world.Dispose();
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Flows_to_its_peer_go_by_it_and_those_to_others_do_as_if_it_were_not_there(IpFamily family)
    {
        await Start("""
            udp peer port 1500 require movable else drop;
            udp peer port 1501 require movable else require label "name" = "w2" else drop;
            """, Line(1));
        var (strict, soft) = (world.Udp(world.Far, family, port: 1500), world.Udp(world.Far, family, port: 1501));
        Assert.Equal(Address(family, 1), World.Ask(world.Udp(world.Node, family), strict, family));
        // A host behind keeps its address: to a peer the site is no stranger.
        Assert.Equal(family == IpFamily.V4 ? "192.168.50.2" : "2001:db8:50::2", World.Ask(world.Udp(world.Host, family), strict, family));
        Assert.Equal(Address(family, 1), World.Ask(world.Udp(world.Node, family), soft, family));
        // Out of its scope: not even the address is like one that it carries.
        Assert.Null(AskOther(strict, family));
        Assert.Equal(World.Address(family, 2), AskOther(soft, family));
        // To the system it is no uplink.
        Assert.Equal(World.Address(family, 1), World.Ask(world.Udp(world.Node, family), world.Udp(world.Far, family, port: 1502), family));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task What_it_says_of_its_lines_moves_flows_as_a_link_does(IpFamily family)
    {
        await Start("""udp peer port 1500 require movable else require label "name" = "w2" else drop;""", Line(1), Line(2));
        var server = world.Udp(world.Far, family, port: 1500);
        string? Asked() => World.Ask(world.Udp(world.Node, family), server, family);
        Assert.Equal(Address(family, 1), Asked());
        courier.Say(Line(1) with { HasCarrier = false }, Line(2));
        await Applied(now => now.World.Paths.Find(Id(1)) is { HasCarrier: false });
        Assert.Equal(Address(family, 2), Asked());
        courier.Say(Line(1) with { HasCarrier = false });
        await Applied(now => now.World.Paths.Find(Id(2)) is null);
        Assert.Equal(World.Address(family, 2), Asked());
        // A line that has lost only this family is of use to the other one alone.
        courier.Say(Line(1) with { Halves = [.. Line(1).Halves.Where(half => half.Family != family)] }, Line(2));
        await Applied(now => now.World.Paths.Find(Id(2)) is not null);
        Assert.Equal(Address(family, 2), Asked());
        courier.Say();
        await Applied(now => now.World.Paths.Find(Id(2)) is null);
        Assert.Equal(World.Address(family, 2), Asked());
        await node!.UntilWhole();
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_flow_of_its_is_its_own_to_move_while_one_of_plain_ip_is_reset(IpFamily family)
    {
        await Start("""tcp peer port 1500-1501 require label "name" = "line1" else drop established move; tcp peer port 1502 require label "name" = "w1" else drop established move;""", Line(1), Line(2));
        var (movable, fixedThere) = (world.Connect(world.Node, family, world.Listen(family, 1500)), world.Connect(world.Node, family, world.Listen(family, 1502)));
        Assert.Equal((Address(family, 1), World.Address(family, 1)), (World.From(movable.Accepted), World.From(fixedThere.Accepted)));
        node!.Say("""tcp peer port 1500-1501 prefer highest cost established move; tcp peer port 1502 require label "name" = "w3" else drop established move;""");
        await Applied(_ => true);
        Assert.True(World.Passes(movable.Client, movable.Accepted));
        World.Passes(fixedThere.Client, fixedThere.Accepted);
        Assert.True(World.Ends(fixedThere.Client));
        Assert.True(World.Passes(movable.Client, movable.Accepted));
    }

    [Fact]
    public async Task A_line_without_a_device_is_for_a_back_end_of_its_own_and_the_policy_says_so()
    {
        await Start("udp peer port 1500 require movable else drop; udp peer port 1501 prefer highest cost;", Line(1) with { Device = null, DeviceIndex = 0 });
        await Applied(now => now.Refused.Any(one => one.Reason.Contains("courier/1 has no network device of its own", StringComparison.Ordinal)));
        Assert.Null(World.Ask(world.Udp(world.Node, IpFamily.V4), world.Udp(world.Far, IpFamily.V4, port: 1500), IpFamily.V4, 200));
    }

    [Fact]
    public async Task Names_that_both_protocols_give_stay_apart()
    {
        await Start("""udp peer port 1500 require label "name" = "courier/1" else drop;""", Line(1) with { Name = "w1" });
        Assert.Equal(["courier/1", "w1", "w2", "w3"], node!.Loop.Current.World.Paths.Paths.Select(path => path.Name));
        Assert.Equal(Address(IpFamily.V4, 1), World.Ask(world.Udp(world.Node, IpFamily.V4), world.Udp(world.Far, IpFamily.V4, port: 1500), IpFamily.V4));
    }

    private static PathId Id(int n) => new("courier", n.ToString(CultureInfo.InvariantCulture));

    private static string Address(IpFamily family, int n) => family == IpFamily.V4 ? $"10.88.{n}.1" : $"2001:db8:88{n}::1";

    private Path Line(int n) => new()
    {
        Id = Id(n),
        Name = $"line{n}",
        Device = $"c{n}",
        DeviceIndex = int.Parse(World.In(world.NodeName, "cat", $"/sys/class/net/c{n}/ifindex"), CultureInfo.InvariantCulture),
        Scope = new([.. new[] { IpFamily.V4, IpFamily.V6 }.Select(family => new FlowBox { Family = family, Peer = RangeSet.Of(IpAddress.From(World.Server(family)).Bits) })]),
        IsMovable = true,
        Peer = "depot",
        Over = [World.Id(1)],
        Halves =
        [
            .. new[] { (IpFamily.V4, $"10.88.{n}.2", $"10.88.{n}.0", 24), (IpFamily.V6, $"2001:db8:88{n}::2", $"2001:db8:88{n}::", 64) }.Select(half => new PathHalf
            {
                Family = half.Item1,
                Locators = [IpAddress.Parse(Address(half.Item1, n))],
                Connected = [new IpPrefix(IpAddress.Parse(half.Item3), half.Item4)],
                Gateway = IpAddress.Parse(half.Item2),
                Metric = uint.MaxValue,
            }),
        ],
    };

    private string? AskOther(Socket server, IpFamily family)
    {
        using var client = world.Udp(world.Node, family);
        try
        {
            client.SendTo([1], new IPEndPoint(family == IpFamily.V4 ? Other4 : Other6, ((IPEndPoint)server.LocalEndPoint!).Port));
        }
        catch (SocketException)
        {
            // Refused.
            return null;
        }
        return World.Heard(server, family, 200)?.Address.ToString();
    }

    private async Task Start(string policies, params Path[] lines)
    {
        courier.Say(lines);
        node = new(world, policies, null, courier);
        await node.UntilUp(World.Id(3));
    }

    private Task Applied(Func<Waymark.Daemon.Loop.Snapshot, bool> condition) =>
        node!.Until(now => condition(now) && now.Kernel.State == Waymark.Daemon.Loop.KernelState.InStep, "what the courier says is applied");
}
