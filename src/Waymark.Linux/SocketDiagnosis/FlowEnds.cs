using Waymark.Flows;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>One direction of a connection; ports are 0 where the protocol has none.</summary>
/// <param name="Source">Who sends.</param>
/// <param name="SourcePort">From which port.</param>
/// <param name="Destination">Who receives.</param>
/// <param name="DestinationPort">On which port.</param>
public readonly record struct FlowEnds(IpAddress Source, ushort SourcePort, IpAddress Destination, ushort DestinationPort);
