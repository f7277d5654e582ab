using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>How the packets of a region come out of a hook.</summary>
/// <param name="State">What the rules left behind.</param>
/// <param name="Ending">Whether they go on.</param>
/// <param name="Groups">Which packets.</param>
internal sealed record HookResult(MachineState State, Ending Ending, IReadOnlyList<RegionGroup> Groups);

/// <summary>Something in the rules that is not understood: what is said of these packets is not proven.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Rule">The place of the rule in it, from 1; 0: the chain as a whole.</param>
/// <param name="What">What is not understood, behind the words "the rule".</param>
/// <param name="Box">A box of the packets that come by.</param>
internal sealed record NotUnderstood(string Chain, int Rule, string What, RegionBox Box);
