using System.Net.Sockets;

namespace Waymark.Linux.PathExamination;

/// <summary>Why a probe never left this host: that says nothing of what is behind the first link.</summary>
internal static class SendingFault
{
    /// <summary>The fault in words.</summary>
    public static string Of(SocketException refused) =>
        refused.SocketErrorCode == SocketError.AccessDenied ? "kept in by this host's firewall or a prohibiting route" : refused.Message;
}
