using Waymark.Flows;

namespace Waymark.PathDecision;

/// <summary>What names mean on this node at the moment. A name that is not here does not exist, and policies that need it are unresolved.</summary>
public sealed record NodeNames
{
    /// <summary>No name at all.</summary>
    public static NodeNames None { get; } = new();

    /// <summary>User names and their ids, in ordinal order of name.</summary>
    public EquatableArray<KeyValuePair<string, uint>> Users { get; init; } = [];

    /// <summary>Group names and their ids, in ordinal order of name.</summary>
    public EquatableArray<KeyValuePair<string, uint>> Groups { get; init; } = [];

    /// <summary>Domain names and the addresses that the node's resolver gave for them, in ordinal order of name.</summary>
    public EquatableArray<KeyValuePair<string, EquatableArray<IpAddress>>> Domains { get; init; } = [];
}
