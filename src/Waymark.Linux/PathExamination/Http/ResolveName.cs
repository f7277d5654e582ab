using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Http;

/// <summary>Finds an address of a host. Throws <see cref="System.Net.Sockets.SocketException"/> where it cannot be resolved.</summary>
/// <param name="host">The host's name.</param>
/// <param name="family">Of which family.</param>
/// <param name="cancellationToken">Ends it.</param>
/// <returns>The address; null where the host has none of that family.</returns>
public delegate Task<IpAddress?> ResolveName(string host, IpFamily family, CancellationToken cancellationToken);
