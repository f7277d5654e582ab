using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Daemon.Metrics;

/// <summary>What became of probes, by kind, device and family, since the daemon started. Counting one allocates nothing: with 64 paths there are a thousand a second.</summary>
internal sealed class ProbeCounts
{
    private readonly ConcurrentDictionary<(string Kind, string Device, IpFamily Family), Count> counts = new();

    /// <summary>The counts of one way of asking by one device.</summary>
    public Count Of(string kind, string device, IpFamily family) => counts.GetOrAdd((kind, device, family), static _ => new());

    /// <summary>Every count that is not zero.</summary>
    public IEnumerable<Measurement<long>> Measure()
    {
        foreach (var ((kind, device, family), count) in counts)
        {
            foreach (var (outcome, value) in count.Values)
            {
                if (value > 0)
                {
                    yield return new(value, new("waymark.probe.kind", kind), new("network.interface.name", device), new("network.type", StateInstruments.Word(family)), new("waymark.probe.outcome", outcome));
                }
            }
        }
    }

    /// <summary>Counts of one way of asking. May be used by any thread.</summary>
    internal sealed class Count
    {
        private long answered;
        private long lost;
        private long faults;

        public IEnumerable<(string Outcome, long Value)> Values => [("answered", Volatile.Read(ref answered)), ("lost", Volatile.Read(ref lost)), ("fault", Volatile.Read(ref faults))];

        /// <summary>One probe more; one that could not be sent is a fault, no loss.</summary>
        public void Add(ProbeResult result) => Interlocked.Increment(ref result.Fault is not null ? ref faults : ref result.IsAnswered ? ref answered : ref lost);
    }
}
