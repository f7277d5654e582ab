using Waymark.Linux.Nftables;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>What a rule does with packets that it does not leave as they were.</summary>
/// <param name="Box">Which.</param>
/// <param name="State">What it leaves behind.</param>
/// <param name="Verdict">Where they go; null: on to the next rule.</param>
/// <param name="Ending">Where their way ends here; null: it does not.</param>
/// <param name="By">The element that led here; null: none.</param>
internal sealed record RuleOutcome(RegionBox Box, MachineState State, NftablesVerdict? Verdict, Ending? Ending, Lookup? By);

/// <summary>An element that answered.</summary>
/// <param name="Set">Of which set or map.</param>
/// <param name="Element">The element; where several answer alike, the first.</param>
internal sealed record Lookup(string Set, NftablesElement Element);
