using System.Runtime.InteropServices;
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

    private readonly Dictionary<(MachineState, Ending), List<Region>> results = [];
    private readonly List<NotUnderstood> notUnderstood = [];

    /// <summary>Called with each outcome of each rule, its chain and its place there; null: nobody looks.</summary>
    public Action<string, int, RuleOutcome>? Trace { get; init; }

    /// <summary>What was not understood on the way.</summary>
    public IReadOnlyList<NotUnderstood> NotUnderstood => notUnderstood;

    /// <summary>Sends packets that enter with these marks through all base chains of the situation's hook.</summary>
    public IReadOnlyList<HookResult> Run(uint mark, uint connectionMark, IEnumerable<Region> regions)
    {
        results.Clear();
        var current = new Flowing { [new(mark, connectionMark)] = [.. regions] };
        foreach (var chain in table.BaseChains(situation.Hook))
        {
            var (passed, returned) = Run(chain, current, 0);
            passed.Add(returned);
            if (chain.Hook!.Drops)
            {
                foreach (var (state, those) in returned)
                {
                    End(state, Ending.Refused, those);
                    passed.Remove(state);
                }
            }
            current = passed;
        }
        foreach (var (state, those) in current)
        {
            End(state, Ending.Passed, those);
        }
        return [.. results.Select(one => new HookResult(one.Key.Item1, one.Key.Item2, one.Value))];
    }

    /// <summary>Those that a verdict let pass the base chain, and those that came back.</summary>
    private (Flowing Accepted, Flowing Returned) Run(NftablesChain chain, Flowing incoming, int depth)
    {
        Flowing accepted = [], returned = [];
        if (depth > DeepestJump)
        {
            Complain(chain.Name, 0, "is reached by more jumps than the kernel allows", incoming);
            return (accepted, incoming);
        }
        for (var place = 0; place < chain.Rules.Count && incoming.Count > 0; place++)
        {
            Flowing next = [];
            var calls = new SortedDictionary<string, (Flowing Jumps, Flowing Gotos)>(StringComparer.Ordinal);
            foreach (var (state, regions) in incoming)
            {
                foreach (var region in regions)
                {
                    Run(chain, place, state, region, next, returned, accepted, calls);
                }
            }
            foreach (var (name, (jumps, gotos)) in calls)
            {
                if (table.Find(name) is not { } called)
                {
                    Complain(chain.Name, place + 1, $"leads to the chain '{name}', which is not there", jumps.Count > 0 ? jumps : gotos);
                    continue;
                }
                foreach (var (those, back) in new[] { (jumps, next), (gotos, returned) })
                {
                    if (those.Count > 0)
                    {
                        var (passed, came) = Run(called, those, depth + 1);
                        accepted.Add(passed);
                        back.Add(came);
                    }
                }
            }
            incoming = next;
        }
        returned.Add(incoming);
        return (accepted, returned);
    }

    private void Run(
        NftablesChain chain, int place, MachineState state, Region region, Flowing next, Flowing returned, Flowing accepted, SortedDictionary<string, (Flowing Jumps, Flowing Gotos)> calls)
    {
        var evaluation = new RuleEvaluation(table, situation, chain.Rules[place], (what, box) => notUnderstood.Add(new(chain.Name, place + 1, what, box)));
        var outcomes = evaluation.Run(region.Box, state);
        if (outcomes.All(one => one is { Verdict: null, Ending: null } && one.State == state))
        {
            next.Add(state, region);
            return;
        }
        foreach (var outcome in outcomes)
        {
            Trace?.Invoke(chain.Name, place + 1, outcome);
            var those = ReferenceEquals(outcome.Box, region.Box) ? region : new Region(outcome.Box, region.Met);
            switch (outcome)
            {
                case { Ending: { } ending }:
                    End(outcome.State, ending, [those]);
                    break;
                case { Verdict: null }:
                    next.Add(outcome.State, those);
                    break;
                case { Verdict: { Kind: NftablesVerdictKind.Jump or NftablesVerdictKind.Goto, Chain: { } name } verdict }:
                    if (!calls.TryGetValue(name, out var call))
                    {
                        calls.Add(name, call = ([], []));
                    }
                    (verdict.Kind == NftablesVerdictKind.Jump ? call.Jumps : call.Gotos).Add(outcome.State, those);
                    break;
                case { Verdict.Kind: NftablesVerdictKind.Return }:
                    returned.Add(outcome.State, those);
                    break;
                case { Verdict.Kind: NftablesVerdictKind.Accept }:
                    accepted.Add(outcome.State, those);
                    break;
                case { Verdict.Kind: NftablesVerdictKind.Drop }:
                    End(outcome.State, Ending.Refused, [those]);
                    break;
                default:
                    notUnderstood.Add(new(chain.Name, place + 1, $"ends with the verdict {outcome.Verdict}", outcome.Box));
                    break;
            }
        }
        if (table.Rests.Of(region, state, outcomes) is { } rest)
        {
            next.Add(state, rest);
        }
    }

    private void End(MachineState state, Ending ending, IEnumerable<Region> regions)
    {
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(results, (state, ending), out _);
        (list ??= []).AddRange(regions);
    }

    private void Complain(string chain, int place, string what, Flowing those) =>
        notUnderstood.AddRange(those.Values.SelectMany(regions => regions).Take(1).Select(region => new NotUnderstood(chain, place, what, region.Box)));

    /// <summary>Regions by the state that they are in.</summary>
    private sealed class Flowing : Dictionary<MachineState, List<Region>>
    {
        public void Add(MachineState state, Region region)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(this, state, out _);
            list ??= [];
            // Two ways to the same place.
            if (list.Count == 0 || list[^1] != region)
            {
                list.Add(region);
            }
        }

        public void Add(Flowing others)
        {
            foreach (var (state, regions) in others)
            {
                foreach (var region in regions)
                {
                    Add(state, region);
                }
            }
        }
    }
}
