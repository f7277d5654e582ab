using Waymark.FilterRules;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Paths;

namespace Waymark.Linux.Verification;

/// <summary>Fates as people say them.</summary>
/// <param name="paths">What paths are called.</param>
/// <param name="numbers">The numbers of paths.</param>
/// <param name="territory">Which numbers are ours.</param>
internal sealed class FateText(PathSet paths, PathNumbers numbers, Territory territory)
{
    /// <summary>What the decision says.</summary>
    /// <param name="says">That.</param>
    /// <param name="one">The class; null: no policy speaks of the packet.</param>
    /// <param name="isNeighbour">Whether it is left alone because of where it goes.</param>
    public string Decided(Expected says, FilterClass? one, bool isNeighbour)
    {
        var what = says.Shares.IsEmpty ? Of(says.Fate) : string.Join(", ", says.Shares.Select(share => $"{Name(share.Path)} {share.Slots}")) + $" of {says.Shares.Sum(share => share.Slots)}";
        what += says.Locators is [var first, ..] ? $" from {first}" : "";
        return isNeighbour ? $"{what}: goes to a neighbour" : one is null ? $"{what}: no policy speaks of it" : $"{what} (class {one.Number})";
    }

    /// <summary>What the kernel does.</summary>
    /// <param name="fate">What becomes of the packet.</param>
    /// <param name="state">What the rules left behind.</param>
    /// <param name="says">What was to be.</param>
    /// <param name="check">In which situation.</param>
    public string Does(Fate fate, MachineState state, Expected says, SituationCheck check)
    {
        var what = fate.Path < 0 ? $"mark 0x{state.Mark:x8}, which is no path's" : Of(fate);
        var slots = state.Modulus > 0 && fate.Kind == FlowFate.Steered ? $" for {state.Slots} of {state.Modulus} slots" : "";
        var others = state.ForeignBits(check.Mark, territory.FwMark) is var bits and not 0 ? $", and writes other programs' bits 0x{bits:x8} of the mark"
            : state.ForeignConnectionBits(check.ConnectionMark, territory.CtMark) is var more and not 0 ? $", and writes other programs' bits 0x{more:x8} of the connection mark"
            : "";
        var (number, pin, generation) = (territory.ClassIn(state.ConnectionMark), territory.PathIn(state.ConnectionMark), territory.GenerationIn(state.ConnectionMark));
        var asked = says.Pin ?? (fate.Kind == FlowFate.Steered ? fate.Path : null);
        var from = state.Translation is { } address ? $" with the address {address}" : says.Locators.IsEmpty ? "" : " with the address that it has";
        var age = says.Generation is { } other && other != generation && fate.Kind != FlowFate.Refused ? $" of generation {generation}, not {other}" : "";
        return what + slots + from + others + (!check.Situation.HasConnection ? "" : $" (class {number}{age}{(asked is { } path && path != pin && fate.Kind != FlowFate.Refused ? $", connection pinned to {(pin == 0 ? "nothing" : Name(pin))}" : "")})");
    }

    /// <summary>What a path is called.</summary>
    public string Name(int number) => number >= 1 && number <= numbers.Paths.Count ? paths.Find(numbers.Paths[number - 1])?.Name ?? numbers.Paths[number - 1].ToString() : $"path number {number}";

    private string Of(Fate fate) => fate.Kind switch
    {
        FlowFate.Refused => "refused",
        FlowFate.LeftAlone => "system's own",
        _ => Name(fate.Path),
    };
}
