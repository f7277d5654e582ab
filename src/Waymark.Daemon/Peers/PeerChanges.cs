using Waymark.Exchange.Wire;
using Waymark.Peers;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>What is other between two standings, for those who watch.</summary>
internal static class PeerChanges
{
    /// <summary>Connections that came and went, then rules of which something else became.</summary>
    public static IEnumerable<V1.PeerEvent> Between(EquatableArray<PeerStanding.State> before, EquatableArray<PeerStanding.State> after)
    {
        var known = before.ToDictionary(one => one.Peer.Name);
        foreach (var now in after.AsEnumerable())
        {
            var was = known.GetValueOrDefault(now.Peer.Name);
            if (now.IsConnected != (was?.IsConnected ?? false))
            {
                yield return new() { Peer = now.Peer.Name, Kind = now.IsConnected ? V1.PeerEventKind.Connected : V1.PeerEventKind.Lost, Detail = now.IsConnected ? now.Endpoint : now.Fault };
            }
            var asked = (was?.Asked ?? []).ToLookup(one => one.Origin);
            foreach (var one in now.Asked.Where(one => one.State != RuleState.Asked && !asked[one.Origin].Any(old => old.State == one.State && old.Detail == one.Detail)))
            {
                yield return Rule(now, V1.PeerEventKind.AskedRule, one.Origin.ToString(), one.State, one.Detail);
            }
            var held = (was?.Held ?? []).ToLookup(one => one.Name);
            foreach (var one in now.Held.Where(one => one.State != RuleState.Asked && !held[one.Name].Any(old => old.State == one.State && old.Detail == one.Detail)))
            {
                yield return Rule(now, V1.PeerEventKind.HeldRule, one.Name, one.State, one.Detail);
            }
        }
    }

    private static V1.PeerEvent Rule(PeerStanding.State peer, V1.PeerEventKind kind, string rule, RuleState state, string detail) =>
        new() { Peer = peer.Peer.Name, Kind = kind, Rule = rule, State = PeerTranslation.ToWire(state), Detail = detail };
}
