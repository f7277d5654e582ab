using Waymark.Linux.Nftables;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>
/// Executes the chains of a table as the kernel's machine does, on regions of packets in place of single ones. Regions that have come to the same place in the same state go on together, so that what rules
/// do to marks is done once for each state and not for each element.
/// </summary>
/// <param name="table">The table, as read back.</param>
/// <param name="situation">What is the same for all packets.</param>
internal sealed class HookEvaluation(ReadTable table, Situation situation)
{
    /// <summary>NFT_JUMP_STACK_SIZE: more the kernel does not load.</summary>
    private const int DeepestJump = 16;

    /// <summary>A call from which fewer regions come out is sooner followed again than found.</summary>
    private const int WorthKeeping = 16;

    private readonly List<NotUnderstood> notUnderstood = [];
    private Reads reads = new();

    /// <summary>Called with each outcome of each rule, its chain and its place there; null: nobody looks.</summary>
    public Action<string, int, RuleOutcome>? Trace { get; init; }

    /// <summary>What was not understood on the way.</summary>
    public IReadOnlyList<NotUnderstood> NotUnderstood => notUnderstood;

    /// <summary>Sends packets that enter with these marks through all base chains of the situation's hook.</summary>
    public IReadOnlyList<HookResult> Run(uint mark, uint connectionMark, Region region)
    {
        var (current, refused) = (new Flowing(), new Flowing());
        current.Add(new(mark, connectionMark), region);
        foreach (var chain in table.BaseChains(situation.Hook))
        {
            var passage = Run(chain, current, 0);
            refused.Add(passage.Refused);
            current = passage.Accepted;
            (chain.Hook!.Drops ? refused : current).Add(passage.Returned);
        }
        return [.. Results(current, Ending.Passed), .. Results(refused, Ending.Refused)];
    }

    private static IEnumerable<HookResult> Results(Flowing flowing, Ending ending) => flowing.States.Select(one => new HookResult(one.State, ending, one.Groups));

    private Passage Run(NftablesChain chain, Flowing incoming, int depth)
    {
        var passage = new Passage();
        if (depth > DeepestJump)
        {
            Complain(chain.Name, 0, "is reached by more jumps than the kernel allows", incoming);
            passage.Returned.Add(incoming);
            return passage;
        }
        for (var place = 0; place < chain.Rules.Count && incoming.Count > 0; place++)
        {
            var next = new Flowing();
            var calls = new SortedDictionary<string, (Flowing Jumps, Flowing Gotos)>(StringComparer.Ordinal);
            var isForAll = !table.AsksOfPackets(chain.Rules[place]);
            foreach (var (state, groups) in incoming.States)
            {
                if (isForAll)
                {
                    RunForAll(chain, place, state, groups, next, passage, calls);
                    continue;
                }
                foreach (var region in groups.SelectMany(group => group.Regions))
                {
                    Run(chain, place, state, region, next, passage, calls);
                }
            }
            foreach (var (name, (jumps, gotos)) in calls)
            {
                if (table.Find(name) is not { } called)
                {
                    Complain(chain.Name, place + 1, $"leads to the chain '{name}', which is not there", jumps.Count > 0 ? jumps : gotos);
                    continue;
                }
                foreach (var (those, back) in new[] { (jumps, next), (gotos, passage.Returned) })
                {
                    Call(called, those, depth + 1, passage, back);
                }
            }
            incoming = next;
        }
        passage.Returned.Add(incoming);
        return passage;
    }

    /// <summary>Runs a chain that was called; what is known of the same call need not be followed again.</summary>
    private void Call(NftablesChain chain, Flowing incoming, int depth, Passage passage, Flowing back)
    {
        if (incoming.Count == 0)
        {
            return;
        }
        if (Trace is not null || !table.AsksOfPackets(chain))
        {
            Come(Run(chain, incoming, depth));
            return;
        }
        foreach (var (state, groups) in incoming.States)
        {
            foreach (var group in groups)
            {
                var call = table.Calls.Find(chain, group, depth, state, situation);
                if (call is null)
                {
                    call = Followed(chain, state, group, depth);
                    if (call.Passage.Regions >= WorthKeeping)
                    {
                        table.Calls.Add(chain, group, depth, call);
                    }
                }
                notUnderstood.AddRange(call.NotUnderstood);
                reads.Add(call.Reads, state);
                Come(call.From(state));
            }
        }

        void Come(Passage those)
        {
            passage.Accepted.Add(those.Accepted);
            passage.Refused.Add(those.Refused);
            back.Add(those.Returned);
        }
    }

    private KnownCall Followed(NftablesChain chain, MachineState state, RegionGroup group, int depth)
    {
        var (outside, before) = (reads, notUnderstood.Count);
        reads = new();
        var fresh = state with { Touched = 0, ConnectionTouched = 0, Known = 0, ConnectionKnown = 0 };
        var incoming = new Flowing();
        incoming.Add(fresh, group);
        var passage = Run(chain, incoming, depth).Together();
        var call = new KnownCall(fresh, situation, reads, passage, notUnderstood[before..]);
        reads = outside;
        notUnderstood.RemoveRange(before, notUnderstood.Count - before);
        return call;
    }

    /// <summary>Runs a rule that asks of no packet once, for all regions in a state.</summary>
    private void RunForAll(
        NftablesChain chain, int place, MachineState state, IReadOnlyList<RegionGroup> groups, Flowing next, Passage passage, SortedDictionary<string, (Flowing Jumps, Flowing Gotos)> calls)
    {
        var outcomes = Evaluate(chain, place, groups[0].Regions[0], state);
        if (outcomes is [])
        {
            Go(next, state);
        }
        foreach (var outcome in outcomes)
        {
            Trace?.Invoke(chain.Name, place + 1, outcome);
            if (Target(chain, place, outcome, next, passage, calls) is { } target)
            {
                Go(target, outcome.State);
            }
        }

        void Go(Flowing target, MachineState to)
        {
            foreach (var group in groups)
            {
                target.Add(to, group);
            }
        }
    }

    private void Run(
        NftablesChain chain, int place, MachineState state, Region region, Flowing next, Passage passage, SortedDictionary<string, (Flowing Jumps, Flowing Gotos)> calls)
    {
        var outcomes = Evaluate(chain, place, region, state);
        if (outcomes.All(one => one is { Verdict: null, Ending: null } && one.State == state))
        {
            next.Add(state, region);
            return;
        }
        foreach (var outcome in outcomes)
        {
            Trace?.Invoke(chain.Name, place + 1, outcome);
            Target(chain, place, outcome, next, passage, calls)?.Add(outcome.State, ReferenceEquals(outcome.Box, region.Box) ? region : new Region(outcome.Box, region.Met));
        }
        if (table.Rests.Of(region, state, outcomes) is { } rest)
        {
            next.Add(state, rest);
        }
    }

    private IReadOnlyList<RuleOutcome> Evaluate(NftablesChain chain, int place, Region region, MachineState state)
    {
        table.Space.Spend(1);
        return new RuleEvaluation(table, situation, chain.Rules[place], reads, (what, box) => notUnderstood.Add(new(chain.Name, place + 1, what, box))).Run(region.Box, state);
    }

    /// <summary>Where packets go that a rule did something to; null: that is not understood.</summary>
    private Flowing? Target(NftablesChain chain, int place, RuleOutcome outcome, Flowing next, Passage passage, SortedDictionary<string, (Flowing Jumps, Flowing Gotos)> calls)
    {
        switch (outcome)
        {
            case { Ending: Ending.Refused } or { Verdict.Kind: NftablesVerdictKind.Drop }:
                return passage.Refused;
            case { Verdict: null }:
                return next;
            case { Verdict: { Kind: NftablesVerdictKind.Jump or NftablesVerdictKind.Goto, Chain: { } name } verdict }:
                if (!calls.TryGetValue(name, out var call))
                {
                    calls.Add(name, call = (new(), new()));
                }
                return verdict.Kind == NftablesVerdictKind.Jump ? call.Jumps : call.Gotos;
            case { Verdict.Kind: NftablesVerdictKind.Return }:
                return passage.Returned;
            case { Verdict.Kind: NftablesVerdictKind.Accept }:
                return passage.Accepted;
            default:
                notUnderstood.Add(new(chain.Name, place + 1, $"ends with the verdict {outcome.Verdict}", outcome.Box));
                return null;
        }
    }

    private void Complain(string chain, int place, string what, Flowing those) =>
        notUnderstood.AddRange(those.States.SelectMany(one => one.Groups).Take(1).Select(group => new NotUnderstood(chain, place, what, group.Regions[0].Box)));
}
