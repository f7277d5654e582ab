namespace Waymark.Peers;

/// <summary>What became of a rule at the node that was asked (COPS: report type, RFC 2748 section 2.2.12).</summary>
public enum RuleState
{
    /// <summary>It was asked for, and nothing was heard of it yet.</summary>
    Asked,

    /// <summary>It is in the kernel there.</summary>
    Installed,

    /// <summary>It may not be asked for, or cannot be read.</summary>
    Rejected,

    /// <summary>It counts, and cannot be met at the moment.</summary>
    Unresolved,

    /// <summary>Somebody else's policy goes first for all of its flows.</summary>
    Superseded,

    /// <summary>The peer was not heard of for so long that it has let the rule go.</summary>
    Expired,
}

/// <summary>What a peer says of a rule.</summary>
/// <param name="Rule">Which.</param>
/// <param name="State">What became of it.</param>
/// <param name="Detail">Why, or by whom; empty where the state says all.</param>
public sealed record RuleReport(RuleDigest Rule, RuleState State, string Detail)
{
    /// <summary>The longest detail, in UTF-16 units; more is cut.</summary>
    public const int LongestDetail = 400;
}
