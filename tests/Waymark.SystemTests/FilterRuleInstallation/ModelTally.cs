using Waymark.FilterRules;
using Waymark.Flows;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What a packet was in the run.</summary>
internal enum PacketKind
{
    /// <summary>The first of its flow, given a path.</summary>
    First,

    /// <summary>A later one of a flow that has a path.</summary>
    Established,

    /// <summary>Left to the system's own routing.</summary>
    Default,

    /// <summary>Refused.</summary>
    Dropped,

    /// <summary>A later one of a flow that was left to the system until its class got a path: it goes there, from the address that it began with.</summary>
    Followed,
}

/// <summary>What the runs have covered.</summary>
internal sealed class ModelTally
{
    private readonly int[] packets = new int[5];
    private int scenarios;
    private int rules;
    private int decided;
    private int shadowed;
    private int inexpressible;
    private uint flows;

    public int Packets => packets.Sum();

    public double HitShare => (double)decided / rules;

    /// <summary>Why the back end does not match a part of a rule; packets of such parts are not sent.</summary>
    public SortedSet<string> Refused { get; } = [];

    public uint NextFlow() => ++flows;

    public void Count(PacketKind kind) => packets[(int)kind]++;

    /// <summary>Counts a scenario's rules, and how many of them decided packets.</summary>
    public void Count(FilterRuleSet set, int deciding)
    {
        scenarios++;
        rules += set.Rules.Count;
        decided += deciding;
        shadowed += set.Rules.Count - FilterRuleEvaluation.Parts(set, FlowSelector.Everything).Select(part => part.Rule).OfType<FilterRule>().Distinct().Count();
    }

    /// <summary>Whether the packet can be on the wire; counts those that cannot.</summary>
    public bool IsExpressible(Packet packet)
    {
        var isOnWire = BorderPackets.IsOnWire(packet);
        inexpressible += isOnWire ? 0 : 1;
        return isOnWire;
    }

    public override string ToString() =>
        $"{scenarios} scenarios: {Packets} packets ({packets[0]} first, {packets[1]} established, {packets[2]} default, {packets[3]} dropped, {packets[4]} of flows left to the system whose class got a path); "
        + $"{decided} of {rules} rules decided ({HitShare:P1}; {shadowed} lie wholly behind earlier ones); {inexpressible} candidates cannot be on this wire "
        + $"(an address elsewhere, both ends the same, a protocol of the other family, an extension header); not matched, and said so: {(Refused.Count == 0 ? "nothing" : string.Join(' ', Refused))}";
}
