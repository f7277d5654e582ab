using Waymark.PathExamination;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>An established TCP socket of this host.</summary>
/// <param name="Cookie">The kernel's name for it; no other socket ever has it until the system starts anew.</param>
/// <param name="Ends">Its ends, seen from here: the source is this host.</param>
/// <param name="DeviceIndex">The device that it is bound to; 0: none.</param>
/// <param name="Measurement">What TCP knows of the connection.</param>
public sealed record TcpSocket(ulong Cookie, FlowEnds Ends, int DeviceIndex, TcpMeasurement Measurement);
