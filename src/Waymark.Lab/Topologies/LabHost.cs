using Waymark.Flows;

namespace Waymark.Lab.Topologies;

/// <summary>A host behind the lab's node, as a lab file declares it.</summary>
/// <param name="Name">Of its node.</param>
/// <param name="Interface">The device of the lab's node towards it.</param>
/// <param name="Addresses">The host's; at most one of each family.</param>
/// <param name="Gateways">The addresses of the lab's node towards it.</param>
public sealed record LabHost(string Name, string Interface, EquatableArray<LabAddress> Addresses, EquatableArray<IpAddress> Gateways);
