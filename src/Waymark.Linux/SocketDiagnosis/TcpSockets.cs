using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>Reads the established TCP sockets of one network namespace (sock_diag(7)), whoever's they are. One caller at a time.</summary>
public sealed class TcpSockets : IDisposable
{
    private readonly NetlinkSocket socket = new(NetlinkProtocol.SocketDiagnostics);
    private readonly NetlinkWriter writer = new();

    /// <summary>All of both families, each with what TCP knows of its connection. Throws <see cref="NetlinkException"/>.</summary>
    public IReadOnlyList<TcpSocket> Read()
    {
        var found = new List<TcpSocket>();
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            var before = found.Count;
            SocketRequest.WriteDump(writer, family);
            socket.Dump(writer.Written, "read the TCP sockets", () => found.RemoveRange(before, found.Count - before), message =>
            {
                if (SocketMessages.Read(message) is { } one)
                {
                    found.Add(one);
                }
            });
        }
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
