using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.LinkReading;
using Waymark.Linux.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Counters and devices of a real kernel, on a clock that the test sets: what passed in a second is exactly what the test sent.</summary>
public sealed class TrafficExaminerTests : IDisposable
{
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly SteppedClock clock = new();
    private readonly TrafficExaminer examiner;
    private double? capacity;

    public TrafficExaminerTests()
    {
        Plug("index 50");
        examiner = node.Network.Run(() => new TrafficExaminer(
            new()
            {
                Told = path => PathCharacteristics.Of(path, capacity is { } rate ? [new("bandwidth.up", new(CharacteristicValue.Of(rate), default, 0, "node file"))] : []),
            },
            clock));
    }

    public void Dispose()
    {
        examiner.Dispose();
        node.Dispose();
        far.Dispose();
    }

    [Fact]
    public void What_a_device_carries_is_told_beside_the_capacity_it_has()
    {
        capacity = 10_000_000;
        Pass(seconds: 6, packets: 100);
        // 1,000 bytes, with the headers of UDP, IPv4 and Ethernet.
        var rate = 100 * (1000 + 8 + 20 + 14) * 8;
        var told = Read("wan0");
        Assert.Equal(capacity.Value - rate, told["available.up"].Value.Number, 20_000.0);
        Assert.Equal(rate / capacity.Value, told["utilization"].Value.Number, 0.002);
        Assert.Equal(rate, told["bandwidth.up"].Value.Number, 20_000.0);
        Assert.Equal(("traffic", true), (told["bandwidth.up"].Source, told["bandwidth.up"].IsEstimated));
    }

    [Fact]
    public void A_device_that_is_renamed_is_another_path_and_its_old_counters_are_no_rate()
    {
        Pass(seconds: 6, packets: 100);
        node.Ip("link set wan0 down");
        node.Ip("link set wan0 name wan9");
        node.Ip("link set wan9 up");
        var told = Read("wan9");
        Assert.False(told.ContainsKey("bandwidth.up"));
        capacity = 10_000_000;
        clock.Step();
        Assert.Equal(10_000_000, Read("wan9")["available.up"].Value.Number, 20_000.0);
    }

    [Fact]
    public void Counters_that_begin_again_are_no_rate()
    {
        capacity = 10_000_000;
        Pass(seconds: 6, packets: 100);
        // Another device with the name and the number of the one before: only its counters tell.
        node.Ip("link del wan0");
        Plug("index 50");
        clock.Step();
        Assert.False(Read("wan0").ContainsKey("available.up"));
        Pass(seconds: 1, packets: 100);
        Assert.Equal(10_000_000 - 833_600, Read("wan0")["available.up"].Value.Number, 20_000.0);
    }

    [Fact]
    public void A_device_that_is_gone_is_told_nothing_of_and_comes_back()
    {
        Pass(seconds: 2, packets: 1);
        node.Ip("link del wan0");
        clock.Step(seconds: 5);
        Assert.Empty(Read("wan0", index: 50));
        Assert.Null(examiner.Fault);
        Plug("index 50");
        clock.Step(seconds: 5);
        Assert.Equal(1500, Read("wan0")["mtu"].Value.Number);
    }

    [Fact]
    public void The_largest_packet_is_the_devices_and_follows_it()
    {
        Assert.Equal((1500, "link"), (Read("wan0")["mtu"].Value.Number, Read("wan0")["mtu"].Source));
        node.Ip("link set wan0 mtu 1280");
        clock.Step(seconds: 5);
        Assert.Equal(1280, Read("wan0")["mtu"].Value.Number);
    }

    [Fact]
    public void What_a_virtual_cable_says_of_its_speed_is_read_and_not_told()
    {
        using var speed = node.Network.Run(() => new LinkSpeed());
        using var wireless = node.Network.Run(() => new WirelessLink());
        // ethtool says so too.
        Assert.Equal(10e9, speed.Of(50));
        Assert.Null(speed.Of(1));
        Assert.Null(speed.Of(4711));
        Assert.Null(wireless.Of(50));
        Assert.DoesNotContain("bandwidth", Read("wan0").Keys);
    }

    /// <summary>Reads once a second while so many packets a second leave.</summary>
    private void Pass(int seconds, int packets)
    {
        using var socket = node.Network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        Read("wan0");
        for (var i = 0; i < seconds; i++)
        {
            for (var n = 0; n < packets; n++)
            {
                socket.SendTo(new byte[1000], new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9));
            }
            clock.Step();
            Read("wan0");
        }
    }

    private Dictionary<string, Measured> Read(string device, int? index = null)
    {
        var id = new PathId("ip", device);
        return examiner.Read(new([new Path
        {
            Id = id,
            Name = device,
            Device = device,
            DeviceIndex = index ?? int.Parse(node.Run($"cat /sys/class/net/{device}/ifindex"), CultureInfo.InvariantCulture),
            Halves = [new PathHalf { Family = IpFamily.V4, Locators = [IpAddress.Parse("192.0.2.10")], Connected = [new IpPrefix(IpAddress.Parse("192.0.2.0"), 24)] }],
        }]))[id].ToDictionary();
    }

    private void Plug(string number)
    {
        Shell.Run($"ip link add wan0 netns {node.Name} {number} type veth peer name far0 netns {far.Name}");
        // A neighbour that is known needs no question, and IPv6 would send some of its own.
        node.Run("sysctl -qw net.ipv6.conf.wan0.disable_ipv6=1");
        far.Run("sysctl -qw net.ipv6.conf.far0.disable_ipv6=1");
        node.Ip("link set wan0 up");
        far.Ip("link set far0 up");
        node.Ip("addr add 192.0.2.10/24 dev wan0");
        node.Ip("neigh replace 192.0.2.1 lladdr 02:00:5e:10:00:01 dev wan0");
    }

    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => now;

        public void Step(int seconds = 1) => now += TimeSpan.FromSeconds(seconds);
    }
}
