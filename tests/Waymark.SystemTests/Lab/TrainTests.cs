using Waymark.Flows;
using Waymark.Lab;
using Waymark.Lab.Topologies;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.SystemTests.Lab;

/// <summary>
/// Trains of packets over an emulated link of known capacity.
/// <code>[car] eth1 --- dsl --- [dsl-isp] --- [web] 203.0.113.7, 2001:db8:cafe::7</code>
/// </summary>
public sealed class TrainTests : IAsyncLifetime
{
    private const string File = """
        node car;
        uplink dsl { interface eth1; address 192.0.2.20/24, 2001:db8:64::7/64; gateway 192.0.2.1, 2001:db8:64::1; }
        server web { address 203.0.113.7, 2001:db8:cafe::7; }
        """;

    private const int Trains = 25;

    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private NetworkLab lab = null!;
    private StampReflector reflector = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lab = await NetworkLab.StartAsync(LabLanguage.ToTopology(File, "car.lab"), seed: 1, Cancel);
        using var web = lab.Namespace("web");
        reflector = web.Run(() => new StampReflector(new(ProbeTarget.Stamp.UsualPort, null, [new(IpAddress.Parse("0.0.0.0"), 0), new(IpAddress.Parse("::"), 0)]), TimeProvider.System));
    }

    public async ValueTask DisposeAsync()
    {
        thread.Dispose();
        await reflector.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Theory]
    [InlineData(5, 5, IpFamily.V4)]
    [InlineData(20, 20, IpFamily.V6)]
    [InlineData(50, 50, IpFamily.V4)]
    [InlineData(50, 20, IpFamily.V4)]
    [InlineData(20, 5, IpFamily.V6)]
    public async Task Capacity_is_estimated_within_a_tenth(int up, int down, IpFamily family)
    {
        // 20 packets at 5 Mbit/s wait for 39 ms at most: the queue of 200 ms holds them.
        lab.Find("dsl").Up = new() { Delay = TimeSpan.FromMilliseconds(10), Rate = up * 1_000_000L };
        lab.Find("dsl").Down = new() { Delay = TimeSpan.FromMilliseconds(10), Rate = down * 1_000_000L };
        using var car = lab.Namespace("car");
        using var probe = (ITrainProbe)car.Run(() => new StampProbeKind(thread).Open(family, "eth1", 1));
        var target = new ProbeTarget.Stamp(IpAddress.Parse(family == IpFamily.V4 ? "203.0.113.7" : "2001:db8:cafe::7"), ProbeTarget.Stamp.UsualPort, null);
        // Neighbours have to be known: a queue that waits for one is shorter than a train.
        Assert.True((await probe.ProbeAsync(target, TimeSpan.FromSeconds(5), Cancel)).IsAnswered);
        var (estimator, sent) = (new CapacityEstimator(), 0);
        // A machine that is too busy disturbs trains; then it takes more of them.
        for (var counted = 0; counted < Trains && sent < 20 * Trains; sent++)
        {
            var at = TimeProvider.System.GetUtcNow();
            counted += await probe.SendTrainAsync(target, estimator.NextPackets, TimeSpan.FromSeconds(3), Cancel) is { } train && estimator.Add(train, at) ? 1 : 0;
        }
        var values = estimator.Values().ToDictionary(one => one.Key, one => one.Value);
        TestContext.Current.SendDiagnosticMessage("{0}/{1} Mbit/s: up {2:0.00}, down {3:0.00}, {4} trains sent", up, down, values["bandwidth.up"].Value.Number / 1e6, values["bandwidth"].Value.Number / 1e6, sent);
        Assert.InRange(values["bandwidth.up"].Value.Number / 1e6, 0.9 * up, 1.1 * up);
        Assert.InRange(values["bandwidth"].Value.Number / 1e6, 0.9 * down, 1.1 * down);
        Assert.Equal(down >= up, values["bandwidth"].IsEstimated);
    }

    [Fact]
    public async Task Of_a_train_that_loses_packets_what_is_left_is_told()
    {
        using var car = lab.Namespace("car");
        using var probe = (ITrainProbe)car.Run(() => new StampProbeKind(thread).Open(IpFamily.V4, "eth1", 1));
        var target = new ProbeTarget.Stamp(IpAddress.Parse("203.0.113.7"), ProbeTarget.Stamp.UsualPort, null);
        // Neighbours have to be known, for questions about them are lost too.
        Assert.True((await probe.ProbeAsync(target, TimeSpan.FromSeconds(5), Cancel)).IsAnswered);
        lab.Find("dsl").Up = new() { Loss = 0.5 };
        var train = await probe.SendTrainAsync(target, 64, TimeSpan.FromMilliseconds(500), Cancel);
        // All or none of them are lost once in 2^64 trains.
        var numbers = train!.Packets.Select(one => one.Number).ToList();
        Assert.InRange(numbers.Count, 1, 63);
        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.InRange(numbers[^1], numbers.Count - 1, 63);
        lab.Find("dsl").Up = new() { Loss = 1 };
        Assert.Null(await probe.SendTrainAsync(target, 20, TimeSpan.FromMilliseconds(500), Cancel));
    }
}
