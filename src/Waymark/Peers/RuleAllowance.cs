using System.Globalization;

namespace Waymark.Peers;

/// <summary>What a peer takes of rules that are asked of it, in their order (<see cref="RuleKeeping"/>): it refuses the whole update, and hangs up, where there is more; so what is too much is not asked. Used by one thread.</summary>
public sealed class RuleAllowance
{
    private int rules;
    private long bytes;

    /// <summary>Takes a rule in; null, or why a peer would not take it beside those before it, one sentence.</summary>
    public string? Take(RuleBytes rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (rule.Content.Length > RuleKeeping.MostBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a peer takes rules of {RuleKeeping.MostBytes >> 10} KiB, and this one has {rule.Content.Length >> 10}: ask for prefixes in place of single addresses, or split the policy");
        }
        if (rules == RuleKeeping.MostRules)
        {
            return $"a peer takes {RuleKeeping.MostRules} rules, and this is one too many";
        }
        if (bytes + rule.Content.Length > RuleKeeping.MostBytesTogether)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a peer takes rules of {RuleKeeping.MostBytesTogether >> 20} MiB together, and this one is more than is left");
        }
        rules++;
        bytes += rule.Content.Length;
        return null;
    }
}
