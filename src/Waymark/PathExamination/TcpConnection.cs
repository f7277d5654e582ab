using Waymark.Flows;

namespace Waymark.PathExamination;

/// <summary>One connection of this host on a path, as it is at a moment.</summary>
/// <param name="Id">The kernel's name for its socket; no other socket ever has it until the system starts anew.</param>
/// <param name="Family">Of its packets.</param>
/// <param name="Measurement">What TCP knows of it.</param>
public readonly record struct TcpConnection(ulong Id, IpFamily Family, TcpMeasurement Measurement);
