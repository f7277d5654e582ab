using Waymark.Flows;

namespace Waymark.PathExamination.Stamp;

/// <summary>What tells a session from others at a reflector (RFC 8762 section 4, RFC 8972 section 3); its own port is one.</summary>
/// <param name="Sender">The sender's address.</param>
/// <param name="SenderPort">The sender's port.</param>
/// <param name="Local">The address that was asked.</param>
/// <param name="Number">The session identifier; 0: none.</param>
public readonly record struct ReflectorSessionId(IpAddress Sender, int SenderPort, IpAddress Local, ushort Number);
