using Waymark.Flows;

namespace Waymark.Lab.Topologies;

/// <summary>A server far away, as a lab file declares it.</summary>
/// <param name="Name">Of its node.</param>
/// <param name="Addresses">Where it is reached.</param>
/// <param name="Behind">Uplinks by which it can be reached; empty: all.</param>
public sealed record LabServerDeclaration(string Name, EquatableArray<IpAddress> Addresses, EquatableArray<string> Behind);
