using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Lab;
using Waymark.Lab.Topologies;
using Waymark.Linux.PathExamination;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>
/// What a host's own connections tell of a link whose delay and capacity are known: 20 ms each way, 4 Mbit/s from the node.
/// <code>
/// [car] eth1 --- dsl --- [dsl-isp] --- [web] 203.0.113.7, 2001:db8:cafe::7
/// </code>
/// </summary>
public sealed class OwnTrafficTests : IAsyncLifetime
{
    private const string File = """
        node car;
        uplink dsl { interface eth1; address 192.168.1.20/24, 2001:db8:1::20/64; gateway 192.168.1.1, 2001:db8:1::1; delay 20 ms; queue 60 ms; up { rate 4 Mbit/s; } }
        server web { address 203.0.113.7, 2001:db8:cafe::7; }
        """;

    private static readonly PathId Id = new("ip", "eth1");

    private readonly List<(IpFamily Family, DateTimeOffset At)> heard = [];
    private readonly List<Socket> opened = [];
    private NetworkLab lab = null!;
    private TrafficExaminer examiner = null!;
    private PathSet paths = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lab = await NetworkLab.StartAsync(LabLanguage.ToTopology(File, "car.lab"), seed: 1, Cancel);
        using var car = lab.Namespace("car");
        (examiner, paths) = car.Run(() =>
        {
            using var routing = new RoutingSocket();
            return (new TrafficExaminer(
                new()
                {
                    Told = path => PathCharacteristics.Of(path, [new("bandwidth.up", new(CharacteristicValue.Of(4e6), default, 0, "node file"))]),
                    Heard = (_, family, at) => heard.Add((family, at)),
                },
                TimeProvider.System), new PathSet([new Path
                {
                    Id = Id,
                    Name = "dsl",
                    Device = "eth1",
                    DeviceIndex = routing.Links().Single(link => link.Name == "eth1").Index,
                    Halves = [Half("192.168.1.20", "192.168.1.0", 24, "192.168.1.1"), Half("2001:db8:1::20", "2001:db8:1::", 64, "2001:db8:1::1")],
                }]));
        });
    }

    public async ValueTask DisposeAsync()
    {
        opened.ForEach(socket => socket.Dispose());
        examiner.Dispose();
        await lab.DisposeAsync();
    }

    [Theory]
    [InlineData("203.0.113.7", IpFamily.V4)]
    [InlineData("2001:db8:cafe::7", IpFamily.V6)]
    public async Task A_conversation_tells_the_round_trip_and_that_the_path_lives(string server, IpFamily family)
    {
        var (client, accepted) = await ConnectAsync(server);
        var began = TimeProvider.System.GetUtcNow();
        await ReadWhileAsync(
            async token =>
            {
                var buffer = new byte[100];
                await client.SendAsync(buffer, token);
                await accepted.ReceiveAsync(buffer, token);
                await accepted.SendAsync(buffer, token);
                await client.ReceiveAsync(buffer, token);
            },
            told => told.TryGetValue("rtt", out var rtt) && rtt.Value.Number is > 0.04 and < 0.08);
        Assert.All(heard, one => Assert.Equal(family, one.Family));
        Assert.All(heard, one => Assert.InRange(one.At, began, TimeProvider.System.GetUtcNow()));
        Assert.NotEmpty(heard);
    }

    [Fact]
    public async Task A_transfer_tells_the_capacity_and_that_it_is_used()
    {
        var (client, accepted) = await ConnectAsync("203.0.113.7");
        var receiving = Task.Run(async () =>
        {
            var buffer = new byte[1 << 16];
            while (await accepted.ReceiveAsync(buffer, Cancel) > 0)
            {
            }
        }, Cancel);
        var told = await ReadWhileAsync(
            async token => await client.SendAsync(new byte[1 << 14], token),
            told => told.TryGetValue("utilization", out var used) && used.Value.Number > 0.8 && told.ContainsKey("bandwidth.up") && told.ContainsKey("rtt"));
        // The link's queue holds 60 ms, which this connection fills itself.
        Assert.InRange(told["rtt"].Value.Number, 0.04, 0.3);
        Assert.InRange(told["bandwidth.up"].Value.Number, 3.2e6, 4.8e6);
        Assert.InRange(told["available.up"].Value.Number, 0, 0.8e6);
        client.Dispose();
        await receiving;
    }

    /// <summary>Reads once a second, as the daemon does, and meanwhile repeats a work until what is told is as wanted; fails after 40 s.</summary>
    private async Task<Dictionary<string, Measured>> ReadWhileAsync(Func<CancellationToken, Task> work, Func<Dictionary<string, Measured>, bool> isWanted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await work(stop.Token);
            }
        }, Cancel);
        try
        {
            for (var second = 0; ; second++)
            {
                var told = examiner.Read(paths)[Id].ToDictionary();
                Assert.Null(examiner.Fault);
                if (isWanted(told))
                {
                    return told;
                }
                Assert.True(second < 40, $"told is: {string.Join(", ", told.Select(one => $"{one.Key} {one.Value.Value} {one.Value.Source}"))}");
                await Task.Delay(1000, Cancel);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(Socket Client, Socket Accepted)> ConnectAsync(string server)
    {
        var address = IPAddress.Parse(server);
        using var listener = Open("web", address.AddressFamily);
        listener.Bind(new IPEndPoint(address, 5000));
        listener.Listen();
        var client = Open("car", address.AddressFamily);
        client.NoDelay = true;
        await client.ConnectAsync(new IPEndPoint(address, 5000), Cancel);
        var accepted = await listener.AcceptAsync(Cancel);
        opened.AddRange([client, accepted]);
        return (client, accepted);
    }

    private Socket Open(string where, AddressFamily family)
    {
        using var network = lab.Namespace(where);
        return network.Run(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));
    }

    private static PathHalf Half(string address, string network, int length, string gateway) => new()
    {
        Family = IpAddress.Parse(address).Family,
        Locators = [IpAddress.Parse(address)],
        Connected = [new IpPrefix(IpAddress.Parse(network), length)],
        Gateway = IpAddress.Parse(gateway),
    };
}
