using System.Net.Sockets;

namespace Waymark.Linux.PathExamination.Tcp;

/// <summary>What came of asking for a connection.</summary>
/// <param name="SentAt">When it was asked for.</param>
/// <param name="RoundTrip">From the SYN to its answer, whether that agreed or refused; null: none came in time.</param>
/// <param name="Socket">The connection, which is the caller's; null: there is none.</param>
/// <param name="Fault">Why it could not be asked for; null: it could.</param>
internal readonly record struct TcpCall(DateTimeOffset SentAt, TimeSpan? RoundTrip, Socket? Socket, string? Fault);
