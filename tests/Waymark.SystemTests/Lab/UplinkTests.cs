using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Waymark.Lab;
using Waymark.Lab.Control;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;

namespace Waymark.SystemTests.Lab;

/// <summary>
/// What lab files can say of uplinks, on the real kernel.
/// <code>
/// [laptop] --- lan0 [car] eth1 --- dsl   --- [dsl-isp]   --- [web] 203.0.113.7, 2001:db8:cafe::7
///                         eth2 --- cable --- [cable-isp] ---+
///                         ppp0 --- modem --- [modem-isp] ---+--- [portal] 198.51.100.1
/// </code>
/// </summary>
public sealed class UplinkTests : IAsyncLifetime
{
    private const string File = """
        node car;
        uplink dsl { interface eth1; address 192.168.1.20/24; gateway 192.168.1.1; masquerade; }
        uplink cable { interface eth2; address 192.168.1.21/24; gateway 192.168.1.1; masquerade; delay 5 ms; }
        uplink modem { interface ppp0; address 10.64.0.7/32, 2001:db8:64::7/64; down { loss 25 %; rate 8 Mbit/s; queue 50 ms; } }
        host laptop { interface lan0; address 192.168.50.2/24; gateway 192.168.50.1; }
        server web { address 203.0.113.7, 2001:db8:cafe::7; }
        server portal { address 198.51.100.1; behind modem; }
        """;

    private NetworkLab lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => lab = await NetworkLab.StartAsync(LabLanguage.ToTopology(File, "car.lab"), seed: 1, Cancel);

    public async ValueTask DisposeAsync() => await lab.DisposeAsync();

    [Theory]
    [InlineData("eth1", "198.18.0.1")]
    [InlineData("eth2", "198.18.1.1")]
    [InlineData("ppp0", "10.64.0.7")]
    public async Task A_server_sees_the_provider_that_translates_and_the_node_where_none_does(string device, string expected)
    {
        using var server = Socket("web");
        server.Bind(new IPEndPoint(IPAddress.Any, 7));
        using var client = Socket("car");
        // SO_BINDTODEVICE.
        client.SetRawSocketOption(1, 25, System.Text.Encoding.ASCII.GetBytes(device));
        var from = new SocketAddress(AddressFamily.InterNetwork);
        for (var tries = 0; ; tries++)
        {
            await client.SendToAsync(new byte[] { 1 }, new IPEndPoint(IPAddress.Parse("203.0.113.7"), 7), Cancel);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(1));
            try
            {
                await server.ReceiveFromAsync(new byte[16], SocketFlags.None, from, patience.Token);
                break;
            }
            catch (OperationCanceledException) when (tries < 10)
            {
                // Lost on the way.
            }
        }
        Assert.Equal(expected, ((IPEndPoint)new IPEndPoint(0, 0).Create(from)).Address.ToString());
    }

    [Fact]
    public void Two_uplinks_with_the_same_network_both_carry_to_the_same_server_and_back()
    {
        foreach (var device in (string[])["eth1", "eth2"])
        {
            Ping("car", $"-I {device} 203.0.113.7");
        }
        Assert.True(lab.Find("dsl").Counters.Down.Packets > 0);
        Assert.True(lab.Find("cable").Counters.Down.Packets > 0);
    }

    [Theory]
    [InlineData("-I ppp0 198.51.100.1")]
    [InlineData("-I ppp0 203.0.113.7")]
    [InlineData("-6 -I ppp0 2001:db8:cafe::7")]
    public void A_point_to_point_uplink_carries_without_asking_for_neighbours(string target)
    {
        Ping("car", target);
        Assert.Contains("NOARP", Shell.Run("ip -n car link show ppp0"), StringComparison.Ordinal);
        Assert.DoesNotContain("via", Shell.Run("ip -n car route show default dev ppp0; ip -n car -6 route show default dev ppp0"), StringComparison.Ordinal);
        Assert.DoesNotContain("ppp0", Shell.Run("ip -n car neigh show nud incomplete nud failed nud reachable nud stale nud delay nud probe"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_host_behind_sends_untranslated_its_provider_drops_and_counts()
    {
        Assert.NotEqual(0, Shell.Try("ip netns exec laptop ping -q -c 2 -i 0.1 -W 1 203.0.113.7").Code);
        Assert.Equal(2, await lab.ForeignAsync("dsl", Cancel));
        Shell.Run("ip netns exec car nft 'table inet home { chain out { type nat hook postrouting priority 100; oifname eth1 masquerade; }; }'");
        Ping("laptop", "203.0.113.7");
        Assert.Equal(2, await lab.ForeignAsync("dsl", Cancel));
    }

    [Fact]
    public async Task The_status_for_programs_says_what_is_set_and_what_became_of_each_packet()
    {
        Ping("car", "-I eth2 203.0.113.7");
        lab.Find("dsl").Up = lab.Find("dsl").Up with { Loss = 1, Jitter = TimeSpan.FromMilliseconds(0.5) };
        Assert.NotEqual(0, Shell.Try("ip netns exec car ping -q -c 1 -W 1 -I eth1 203.0.113.7").Code);
        await lab.CutAsync("cable", silent: true, Cancel);
        Assert.NotEqual(0, Shell.Try("ip netns exec car ping -q -c 1 -W 1 -I eth2 203.0.113.7").Code);
        using var json = JsonDocument.Parse(await new LabStatus(lab).JsonAsync(Cancel));
        Assert.Equal(["car", "laptop", "dsl-isp", "cable-isp", "modem-isp", "web", "portal"], json.RootElement.GetProperty("nodes").EnumerateArray().Select(node => node.GetString()));
        var links = json.RootElement.GetProperty("links").EnumerateArray().ToList();
        Assert.Equal([("dsl", false), ("cable", true), ("modem", false)], links.Select(link => (link.GetProperty("name").GetString()!, link.GetProperty("cut").GetBoolean())));
        string[] names = ["delayMs", "jitterMs", "loss", "rateBps", "queueMs", "packets", "bytes", "lost", "overflowed", "swallowed"];
        foreach (var link in links)
        {
            Assert.Equal([.. names, "foreign"], link.GetProperty("up").EnumerateObject().Select(property => property.Name));
            Assert.Equal(names, link.GetProperty("down").EnumerateObject().Select(property => property.Name));
        }
        var (dsl, cable, modem) = (links[0].GetProperty("up"), links[1].GetProperty("up"), links[2].GetProperty("down"));
        Assert.Equal((0, 0.5, 1, 0), (Number(dsl, "delayMs"), Number(dsl, "jitterMs"), Number(dsl, "loss"), Number(dsl, "rateBps")));
        Assert.True(Number(dsl, "lost") > 0);
        Assert.Equal(5, Number(cable, "delayMs"));
        Assert.True(Number(cable, "swallowed") > 0);
        Assert.Equal(lab.Find("cable").Counters.Up, new DirectionCounters((long)Number(cable, "packets"), (long)Number(cable, "bytes"), (long)Number(cable, "lost"), (long)Number(cable, "overflowed"), (long)Number(cable, "swallowed")));
        Assert.Equal((0.25, 8_000_000, 50), (Number(modem, "loss"), Number(modem, "rateBps"), Number(modem, "queueMs")));
    }

    private static double Number(JsonElement direction, string name) => direction.GetProperty(name).GetDouble();

    /// <summary>Until it is answered: a first packet may be lost, or wait for a hardware address.</summary>
    private static void Ping(string node, string words)
    {
        var (code, text) = Shell.Try($"ip netns exec {node} ping -q -c 10 -i 0.1 -W 2 {words}");
        Assert.True(code == 0, text);
    }

    private Socket Socket(string node)
    {
        using var space = lab.Namespace(node);
        return space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
    }
}
