using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class ConnectionPathsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Dictionary<FlowEnds, PathId> pins = [];
    private readonly List<int> asked = [];
    private readonly ConnectionPaths connections;

    public ConnectionPathsTests()
    {
        connections = new(ends =>
        {
            asked.Add(ends.Count);
            return ends.Where(pins.ContainsKey).ToDictionary(one => one, one => pins[one]);
        });
        connections.Follow(new([Path("wifi", 2, "192.0.2.10", "192.0.2.0"), Path("lte", 3, "198.51.100.10", "198.51.100.0"), Path("twin", 4, "198.51.100.10", "198.51.100.0")]));
    }

    [Fact]
    public void A_connection_is_on_the_path_that_has_its_address() => Assert.Equal("wifi", Of(Socket(1, "192.0.2.10", "203.0.113.7")));

    [Fact]
    public void One_that_is_pinned_is_on_that_path_whatever_its_address()
    {
        var socket = Socket(1, "192.0.2.10", "203.0.113.7");
        pins.Add(socket.Ends, new("ip", "lte"));
        Assert.Equal("lte", Of(socket));
        pins[socket.Ends] = new("ip", "gone");
        connections.Follow(new([Path("wifi", 2, "192.0.2.10", "192.0.2.0")]));
        Assert.Null(Of(socket));
    }

    [Fact]
    public void One_that_is_bound_to_a_device_is_on_that_devices_path() => Assert.Equal("twin", Of(Socket(1, "198.51.100.10", "203.0.113.7") with { DeviceIndex = 4 }));

    [Theory]
    [InlineData("198.51.100.10", "203.0.113.7")]
    [InlineData("10.0.0.1", "203.0.113.7")]
    [InlineData("127.0.0.1", "127.0.0.2")]
    [InlineData("192.0.2.10", "192.0.2.10")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    public void One_whose_address_is_that_of_two_paths_or_of_none_is_on_none(string source, string destination) => Assert.Null(Of(Socket(1, source, destination)));

    [Theory]
    [InlineData("192.0.2.10", "192.0.2.99")]
    [InlineData("fe80::1", "fe80::2")]
    public void A_neighbour_tells_nothing_of_the_network_behind(string source, string destination) => Assert.Null(Of(Socket(1, source, destination) with { DeviceIndex = 2 }));

    [Fact]
    public void A_connection_is_asked_for_once_in_half_a_minute_and_when_paths_change()
    {
        var socket = Socket(1, "192.0.2.10", "203.0.113.7");
        Of(socket, Start);
        Of(socket, Start.AddSeconds(29));
        Assert.Equal([1], asked);
        pins.Add(socket.Ends, new("ip", "lte"));
        Assert.Equal("lte", Of(socket, Start.AddSeconds(30)));
        connections.Follow(new([Path("lte", 3, "198.51.100.10", "198.51.100.0")]));
        Of(socket, Start.AddSeconds(31));
        Assert.Equal([1, 1, 1], asked);
    }

    [Fact]
    public void Only_new_connections_are_asked_for_and_never_those_of_the_host_with_itself()
    {
        connections.Sort([Socket(1, "192.0.2.10", "203.0.113.7"), Socket(2, "127.0.0.1", "127.0.0.1")], Start);
        connections.Sort([Socket(1, "192.0.2.10", "203.0.113.7"), Socket(2, "127.0.0.1", "127.0.0.1"), Socket(3, "192.0.2.10", "203.0.113.8")], Start);
        Assert.Equal([1, 1], asked);
    }

    private string? Of(TcpSocket socket, DateTimeOffset? now = null) => connections.Sort([socket], now ?? Start).SingleOrDefault()?.Key.LocalId;

    private static TcpSocket Socket(ulong cookie, string source, string destination) =>
        new(cookie, new(IpAddress.Parse(source), 40000, IpAddress.Parse(destination), 443), 0, new(null, TimeSpan.Zero, null, TimeSpan.Zero));

    private static Path Path(string name, int index, string address, string network) => new()
    {
        Id = new("ip", name),
        Name = name,
        Device = name,
        DeviceIndex = index,
        Halves = [new PathHalf { Family = IpFamily.V4, Locators = [IpAddress.Parse(address)], Connected = [new IpPrefix(IpAddress.Parse(network), 24)], Gateway = IpAddress.Parse(network) }],
    };
}
