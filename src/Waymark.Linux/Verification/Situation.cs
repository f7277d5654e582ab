using Waymark.Flows;

namespace Waymark.Linux.Verification;

/// <summary>What is the same for all packets that are looked at together, and no part of the packet space: where they are, and how their connection stands.</summary>
internal sealed record Situation
{
    /// <summary>What a person calls it: <c>the first packet of a flow of this host</c>.</summary>
    public required string Name { get; init; }

    /// <summary>NF_INET_PRE_ROUTING (0), NF_INET_LOCAL_OUT (3) or NF_INET_POST_ROUTING (4).</summary>
    public required int Hook { get; init; }

    /// <summary>Who began its flow.</summary>
    public required StartedBy Started { get; init; }

    /// <summary>The device that the packet came in by; null: it is of this host.</summary>
    public string? InputDevice { get; init; }

    /// <summary>The device that it would leave by; null: not known yet.</summary>
    public string? OutputDevice { get; init; }

    /// <summary>Whether it belongs to a connection; else it is invalid or untracked.</summary>
    public bool HasConnection { get; init; } = true;

    /// <summary>Whether it is not the first packet of its connection.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>The address of this end that its peer knows, whoever began; null: one that is no path's.</summary>
    public IpAddress? KnownAs { get; init; }

    /// <summary>What its destination is to routing (RTN_*): 1 somewhere else, 2 this host, 3 to 5 many.</summary>
    public uint DestinationType { get; init; } = Unicast;

    /// <summary>Whether a socket on the wildcard address would take it.</summary>
    public bool IsForWildcard { get; init; }

    /// <summary>The only protocol of the packets; null: any.</summary>
    public byte? Protocol { get; init; }

    /// <summary>Whether it comes from a socket of this host: only such packets have owners and control groups.</summary>
    public bool IsLocal => InputDevice is null;

    /// <summary>Whether the packet runs in the reply direction of its connection.</summary>
    public bool IsReply { get; init; }

    /// <summary>RTN_UNICAST.</summary>
    private const uint Unicast = 1;

    /// <summary>The packets that can be in it, as far as it narrows them.</summary>
    public FlowBox Narrowed(FlowBox box) => box with
    {
        Started = Started,
        Protocol = Protocol is { } protocol ? RangeSet.Of(protocol) : box.Protocol,
        User = IsLocal ? box.User : RangeSet.Of((UInt128)FlowBox.AbsentWord),
        Group = IsLocal ? box.Group : RangeSet.Of((UInt128)FlowBox.AbsentWord),
        Cgroup = IsLocal ? box.Cgroup : Nothing,
        App = IsLocal ? box.App : Nothing,
        FromInterface = InputDevice is { } device ? NameSet.Of(device) : Nothing,
    };

    private static NameSet Nothing { get; } = new() { Otherwise = false, HasAbsent = true };
}
