using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.PathExamination;

namespace Waymark.Daemon.Metrics;

/// <summary>A way of asking whose probes are counted.</summary>
internal sealed class CountedProbeKind(IProbeKind kind, ProbeCounts counts) : IProbeKind
{
    public string Name => kind.Name;

    public bool Takes(ProbeTarget target) => kind.Takes(target);

    public int BytesOf(ProbeTarget target, IpFamily family) => kind.BytesOf(target, family);

    public IProbe Open(IpFamily family, string device, ulong seed) => new CountedProbe(kind.Open(family, device, seed), counts.Of(kind.Name, device, family));

    private sealed class CountedProbe(IProbe probe, ProbeCounts.Count count) : IProbe
    {
        public uint Mark
        {
            get => probe.Mark;
            set => probe.Mark = value;
        }

        public ITrainProbe? Trains => probe.Trains;

        public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
        {
            var result = await probe.ProbeAsync(target, timeout, cancellationToken);
            count.Add(result);
            return result;
        }

        public void Dispose() => probe.Dispose();
    }
}
