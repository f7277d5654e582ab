using Waymark.Daemon.Metrics;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Tests.Daemon;

public sealed class CountedProbeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_probe_that_is_counted_sends_trains_where_it_could_before(bool sendsTrains)
    {
        using var counted = new CountedProbeKind(new FakeKind(sendsTrains), new()).Open(IpFamily.V4, "wan0", 1);
        Assert.Equal(sendsTrains, counted.Trains is not null);
    }

    private sealed class FakeKind(bool sendsTrains) : IProbeKind
    {
        public string Name => "fake";

        public bool Takes(ProbeTarget target) => true;

        public int BytesOf(ProbeTarget target, IpFamily family) => 0;

        public IProbe Open(IpFamily family, string device, ulong seed) => sendsTrains ? new TrainProbe() : new PlainProbe();
    }

    private sealed class PlainProbe : IProbe
    {
        public uint Mark { get; set; }

        public Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken) => Task.FromResult<ProbeResult>(default);

        public void Dispose()
        {
        }
    }

    private sealed class TrainProbe : ITrainProbe
    {
        public uint Mark { get; set; }

        public Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken) => Task.FromResult<ProbeResult>(default);

        public Task<PacketTrain?> SendTrainAsync(ProbeTarget target, int packets, TimeSpan timeout, CancellationToken cancellationToken) => Task.FromResult<PacketTrain?>(null);

        public void Dispose()
        {
        }
    }
}
