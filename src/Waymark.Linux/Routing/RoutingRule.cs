using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>A rule of policy routing (RTM_NEWRULE): which packets look in which table.</summary>
public sealed record RoutingRule
{
    /// <summary>For which family.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>Lower is looked at first.</summary>
    public required uint Priority { get; init; }

    /// <summary>The table that is looked in; 0 where the action is another.</summary>
    public uint Table { get; init; }

    /// <summary>What happens with packets that match.</summary>
    public RuleAction Action { get; init; } = RuleAction.Lookup;

    /// <summary>The mark that packets have after masking; null: any.</summary>
    public uint? Mark { get; init; }

    /// <summary>The bits of the mark that count.</summary>
    public uint MarkMask { get; init; } = uint.MaxValue;

    /// <summary>The packets' source; null: any.</summary>
    public IpPrefix? Source { get; init; }

    /// <summary>The device that a socket is bound to; null: any.</summary>
    public string? OutputDevice { get; init; }

    /// <summary>The device that packets came in by; null: any.</summary>
    public string? InputDevice { get; init; }

    /// <summary>Results whose prefix is as short or shorter do not count; null: all do.</summary>
    public uint? SuppressPrefixLength { get; init; }

    /// <summary>Whether it asks packets for more than stands here: their destination, user, protocol or ports.</summary>
    public bool HasOtherSelectors { get; init; }

    /// <summary>Whether it holds for what does not match.</summary>
    public bool IsInverted { get; init; }

    /// <summary>Who installed it: by it we know our own.</summary>
    public byte Protocol { get; init; }
}

/// <summary>What a rule does.</summary>
public enum RuleAction : byte
{
    /// <summary>Unknown.</summary>
    None = 0,

    /// <summary>Looks in a table.</summary>
    Lookup = 1,

    /// <summary>Goes on at another rule.</summary>
    Goto = 2,

    /// <summary>Does nothing.</summary>
    Nop = 3,

    /// <summary>Discards in silence.</summary>
    Blackhole = 6,

    /// <summary>Refuses: network unreachable.</summary>
    Unreachable = 7,

    /// <summary>Refuses: prohibited.</summary>
    Prohibit = 8,
}
