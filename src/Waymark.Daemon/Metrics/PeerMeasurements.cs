using System.Diagnostics.Metrics;
using Waymark.Daemon.Peers;
using Waymark.Peers;

namespace Waymark.Daemon.Metrics;

/// <summary>How this node stands to its peers, in numbers. Looks when it is asked; any thread may ask.</summary>
/// <param name="peers">How it stands.</param>
internal sealed class PeerMeasurements(PeerStanding peers)
{
    /// <summary>Adds the instruments to a meter.</summary>
    public void AddTo(Meter meter)
    {
        meter.CreateObservableGauge("waymark.peer.connected", () => Each(one => one.IsConnected ? 1 : 0), "{peer}", "Whether a peer is connected: 1 or 0.");
        meter.CreateObservableCounter("waymark.peer.connections", () => Each(one => one.Connections), "{connection}", "Connections with a peer; all but the first are reconnections.");
        meter.CreateObservableCounter("waymark.peer.refusals", () => Each(one => one.Refusals), "{refusal}", "Rules of a peer, and whole updates, that were refused.");
        meter.CreateObservableUpDownCounter("waymark.peer.rules.asked", () => ByState(one => one.Asked.Select(rule => rule.State)), "{rule}", "Rules that a peer is asked for, by what became of them.");
        meter.CreateObservableUpDownCounter("waymark.peer.rules.held", () => ByState(one => one.Held.Select(rule => rule.State)), "{rule}", "Rules that a peer asks for, by what became of them.");
    }

    private static KeyValuePair<string, object?> Tag(PeerStanding.State peer) => new("waymark.peer.name", peer.Peer.Name);

    private IEnumerable<Measurement<long>> Each(Func<PeerStanding.State, long> number) => peers.Current.Select(one => new Measurement<long>(number(one), Tag(one)));

    private IEnumerable<Measurement<long>> ByState(Func<PeerStanding.State, IEnumerable<RuleState>> states)
    {
        foreach (var peer in peers.Current.AsEnumerable())
        {
            var counts = states(peer).CountBy(state => state).ToDictionary();
            foreach (var state in Enum.GetValues<RuleState>())
            {
                yield return new(counts.GetValueOrDefault(state), Tag(peer), new("waymark.peer.rule.state", StateInstruments.Snake(state.ToString())));
            }
        }
    }
}
