using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>Ordered selectors as the chains and maps that the kernel would hold, executed here: which of them decides a packet.</summary>
public sealed class CompiledClassification
{
    /// <summary>A class for each selector: all bits of the connection mark but those of two paths and the generation.</summary>
    private static readonly Territory Numbers = new() { FwMark = 0x70000000, CtMark = uint.MaxValue };

    private readonly ChainEvaluation evaluation;

    private CompiledClassification(NftablesTable table, EquatableArray<(int Selector, string Reason)> refused) => (Table, evaluation, Refused) = (table, new(table, new Dictionary<string, ulong>()), refused);

    /// <summary>All that the kernel would hold.</summary>
    internal NftablesTable Table { get; }

    /// <summary>The selectors that cannot be matched, wholly or in part, and why, a sentence each.</summary>
    public EquatableArray<(int Selector, string Reason)> Refused { get; }

    /// <summary>Compiles selectors, in order of precedence. A selector of a control group is refused, for it has no number here.</summary>
    public static CompiledClassification Of(IReadOnlyList<FlowSelector> selectors)
    {
        var rules = selectors.Select((selector, i) => new FilterRule(selector, i + 1, new("", "", null, null, i + 1), null)).ToEquatableArray();
        var classes = rules.Select(rule => new FilterClass { Number = rule.Class, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray();
        // Flows of hosts behind this node are classified by chains of their own, where any interface is named.
        var encoded = NftablesEncoder.Encode(new(rules, classes), PathSet.Empty, Numbers, EncoderOptions.Default with { ForwardFrom = ["any"] }, EncoderMemory.Empty);
        return new(encoded.Table, encoded.Refused.Select(refused => (refused.Rule.Class - 1, refused.Reason)).ToEquatableArray());
    }

    /// <summary>The place of the selector that decides the packet, from 0; -1 where none does.</summary>
    public int Find(Packet packet)
    {
        var side = packet.Started == StartedBy.Forwarded ? FlowSide.Forwarded : FlowSide.Local;
        return SelectorOf(evaluation.Run(side.ChainName(), packet).Mark);
    }

    /// <summary>The place of the selector whose class a connection's mark bears, from 0; -1 where it bears none.</summary>
    internal static int SelectorOf(uint mark) => (int)((mark & Numbers.CtClassMask) / Numbers.CtClass(1)) - 1;
}
