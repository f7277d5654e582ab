using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>
/// What chains did with regions. They do the same in every situation and with all marks that differ in nothing that they ask of: so the ten thousand elements that classify are followed once, not in each situation.
/// </summary>
internal sealed class KnownCalls
{
    private readonly Dictionary<(NftablesChain Chain, RegionGroup Group, int Depth), List<KnownCall>> calls = new(ByReference.Instance);

    /// <summary>The same call; null: there was none.</summary>
    public KnownCall? Find(NftablesChain chain, RegionGroup group, int depth, MachineState state, Situation situation) =>
        calls.GetValueOrDefault((chain, group, depth))?.Find(one => one.IsSame(state, situation));

    /// <summary>Keeps a call.</summary>
    public void Add(NftablesChain chain, RegionGroup group, int depth, KnownCall call)
    {
        if (!calls.TryGetValue((chain, group, depth), out var those))
        {
            calls.Add((chain, group, depth), those = []);
        }
        those.Add(call);
    }

    /// <summary>Chains are compared as objects, single regions by what they are.</summary>
    private sealed class ByReference : IEqualityComparer<(NftablesChain Chain, RegionGroup Group, int Depth)>
    {
        public static readonly ByReference Instance = new();

        public bool Equals((NftablesChain Chain, RegionGroup Group, int Depth) x, (NftablesChain Chain, RegionGroup Group, int Depth) y) =>
            ReferenceEquals(x.Chain, y.Chain) && x.Depth == y.Depth && (x.Group == y.Group || (x.Group.Regions is [var one] && y.Group.Regions is [var other] && one == other));

        public int GetHashCode((NftablesChain Chain, RegionGroup Group, int Depth) key) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(key.Chain), key.Group.Regions is [var one] ? one.GetHashCode() : key.Group.GetHashCode(), key.Depth);
    }
}

/// <summary>A call of a chain, and how regions came out of it.</summary>
/// <param name="State">In which state they came; nothing of the marks counts as written.</param>
/// <param name="Situation">In which situation.</param>
/// <param name="Reads">What of both was asked.</param>
/// <param name="Passage">How they came out.</param>
/// <param name="NotUnderstood">What was not understood on the way.</param>
internal sealed record KnownCall(MachineState State, Situation Situation, Reads Reads, Passage Passage, IReadOnlyList<NotUnderstood> NotUnderstood)
{
    /// <summary>Whether the chain would do the same with them in another state and situation.</summary>
    public bool IsSame(MachineState state, Situation situation) =>
        ((state.Mark ^ State.Mark) & Reads.Mark) == 0 && ((state.ConnectionMark ^ State.ConnectionMark) & Reads.ConnectionMark) == 0
        && state.Translation == State.Translation && state.Slots == State.Slots && state.Modulus == State.Modulus && state.Hashed == State.Hashed
        && IsSame(situation);

    /// <summary>How they come out that came in a state.</summary>
    public Passage From(MachineState state) => new(From(state, Passage.Accepted), From(state, Passage.Returned), From(state, Passage.Refused));

    private static Flowing From(MachineState state, Flowing flowing)
    {
        var after = new Flowing();
        foreach (var (one, groups) in flowing.States)
        {
            var now = one with
            {
                Mark = (state.Mark & ~one.Touched) | (one.Mark & one.Touched),
                ConnectionMark = (state.ConnectionMark & ~one.ConnectionTouched) | (one.ConnectionMark & one.ConnectionTouched),
                Touched = state.Touched | one.Touched,
                ConnectionTouched = state.ConnectionTouched | one.ConnectionTouched,
                Known = state.Known | (one.Known & ~state.Touched),
                ConnectionKnown = state.ConnectionKnown | (one.ConnectionKnown & ~state.ConnectionTouched),
            };
            foreach (var group in groups)
            {
                after.Add(now, group);
            }
        }
        return after;
    }

    private bool IsSame(Situation other) =>
        Agree(SituationFacts.InputDevice, Situation.InputDevice, other.InputDevice) && Agree(SituationFacts.OutputDevice, Situation.OutputDevice, other.OutputDevice)
        && Agree(SituationFacts.HasConnection, Situation.HasConnection, other.HasConnection) && Agree(SituationFacts.IsConfirmed, Situation.IsConfirmed, other.IsConfirmed)
        && Agree(SituationFacts.IsReply, Situation.IsReply, other.IsReply) && Agree(SituationFacts.KnownAs, Situation.KnownAs, other.KnownAs)
        && Agree(SituationFacts.DestinationType, Situation.DestinationType, other.DestinationType) && Agree(SituationFacts.IsForWildcard, Situation.IsForWildcard, other.IsForWildcard);

    private bool Agree<T>(SituationFacts fact, T one, T other) => !Reads.Facts.HasFlag(fact) || EqualityComparer<T>.Default.Equals(one, other);
}
