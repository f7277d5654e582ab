using Waymark.Flows;

namespace Waymark.Nodes;

/// <summary>A session-reflector of STAMP (RFC 8762) that the node runs for others.</summary>
/// <param name="Port">Its UDP port, 1 to 65535.</param>
/// <param name="KeyFile">The file that holds the key of its authenticated mode; null: the unauthenticated mode.</param>
/// <param name="From">Prefixes of those whom it answers; empty: whoever has the key.</param>
public sealed record ReflectorDeclaration(int Port, string? KeyFile, EquatableArray<IpPrefix> From);
