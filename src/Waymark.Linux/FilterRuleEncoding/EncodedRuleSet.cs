using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>What filter rules become in this kernel: the whole content of our territory. Two equal ones need nothing done.</summary>
public sealed record EncodedRuleSet
{
    internal EncodedRuleSet(Territory territory, NftablesTable table)
    {
        Territory = territory;
        Table = table;
    }

    /// <summary>Whose numbers these are.</summary>
    public Territory Territory { get; }

    /// <summary>Default routes in the paths' tables, in order of table, IPv4 first.</summary>
    public EquatableArray<Route> Routes { get; init; } = [];

    /// <summary>The ip rules, in order of priority.</summary>
    public EquatableArray<RoutingRule> IpRules { get; init; } = [];

    /// <summary>Devices on which the reverse-path filter must not be strict, in ordinal order.</summary>
    public EquatableArray<string> LooseDevices { get; init; } = [];

    /// <summary>Filter rules that this back end cannot enforce, wholly or in part. The others are enforced.</summary>
    public EquatableArray<RefusedRule> Refused { get; init; } = [];

    /// <summary>What the next encoding must know.</summary>
    public EncoderMemory Memory { get; init; } = EncoderMemory.Empty;

    /// <summary>The content of our table.</summary>
    internal NftablesTable Table { get; }
}

/// <summary>What one encoding leaves to the next; read back from the kernel after a restart.</summary>
/// <param name="Paths">The paths' numbers.</param>
/// <param name="Generation">Of the classification in force, 1 to 3; 0 before the first.</param>
/// <param name="Classification">Digest of the classification in force: another one is another generation, so that every connection is classified anew.</param>
public sealed record EncoderMemory(PathNumbers Paths, int Generation, string Classification)
{
    /// <summary>Of a kernel that holds nothing of ours.</summary>
    public static EncoderMemory Empty { get; } = new(PathNumbers.Empty, 0, "");

    /// <summary>The classification itself, so that it need not be made again; null after a restart.</summary>
    internal Classification? Encoded { get; init; }
}

/// <summary>A filter rule that this back end cannot enforce.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Reason">What it lacks, a sentence that names the mend where there is one.</param>
public sealed record RefusedRule(FilterRule Rule, string Reason)
{
    /// <summary>The part of its selector that the kernel does not match: those packets go on to the next rule. Empty where all are matched, and only the class cannot be carried out.</summary>
    public EquatableArray<FlowBox> Unmatched { get; init; } = [];

    /// <summary>Filter rules without what the kernel does not match: what is in force.</summary>
    public static FilterRuleSet Without(FilterRuleSet rules, EquatableArray<RefusedRule> refused)
    {
        if (refused.IsEmpty)
        {
            return rules;
        }
        var unmatched = refused.ToLookup(one => one.Rule, one => one.Unmatched);
        return rules with
        {
            Rules = rules.Rules
                .Select(rule => unmatched.Contains(rule) ? rule with { Selector = rule.Selector.Subtract(new(unmatched[rule].SelectMany(boxes => boxes).ToEquatableArray())) } : rule)
                .Where(rule => !rule.Selector.IsEmpty).ToEquatableArray(),
        };
    }
}
