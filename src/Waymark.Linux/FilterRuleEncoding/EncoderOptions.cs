using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>What the administrator and the host add to the filter rules.</summary>
public sealed record EncoderOptions
{
    /// <summary>Nothing but this host's own flows.</summary>
    public static EncoderOptions Default { get; } = new();

    /// <summary>Interfaces whose flows this node forwards and distributes too.</summary>
    public EquatableArray<string> ForwardFrom { get; init; } = [];

    /// <summary>Whether distributed flows of hosts behind this node get the path's address (else the path must route theirs).</summary>
    public bool Masquerade { get; init; }

    /// <summary>Packets that bear such a mark are another program's and left alone.</summary>
    public EquatableArray<MarkValue> Bypass { get; init; } = [];

    /// <summary>
    /// The devices by which the system sends flows that have chosen nothing (<see cref="PathMaintenance.SystemChoice"/>). A local flow by another one was bound by its program.
    /// Null: those of the paths whose half has the lowest metric.
    /// </summary>
    public EquatableArray<string>? DefaultDevices { get; init; }

    /// <summary>Connected prefixes of devices that are no path's (the LAN): what is sent there is left alone.</summary>
    public EquatableArray<IpPrefix> Connected { get; init; } = [];

    /// <summary>Ids (inode numbers) of the control groups that filter rules name, by path below the root of the hierarchy, without leading slash.</summary>
    public EquatableArray<KeyValuePair<string, ulong>> Cgroups { get; init; } = [];

    /// <summary>
    /// Whether answers of UDP servers on the wildcard address are turned back to the path that the question came in on, by translating the question's destination
    /// to the address that the system would answer from.
    /// </summary>
    public bool AnswerUdpByPath { get; init; } = true;

    /// <summary>
    /// So many maps are asked one after the other for the class of a connection; rules that would need more are searched field by field, in 12 lookups or less whatever
    /// their number. A search has more elements, and a change of one policy replaces all of them.
    /// </summary>
    public int MostLayers { get; init; } = 12;
}

/// <summary>A mark of another program's.</summary>
/// <param name="Value">What the bits under the mask are.</param>
/// <param name="Mask">Which bits count.</param>
public readonly record struct MarkValue(uint Value, uint Mask = uint.MaxValue);
