using System.CommandLine;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Cli;

/// <summary>The daemon that a command line asks: the one on this host, or with <c>--server</c> one on another.</summary>
internal sealed class DaemonChoice : IDisposable
{
    private readonly RemoteIdentity? identity;

    private DaemonChoice(NodeClient client, RemoteIdentity? identity) => (Client, this.identity) = (client, identity);

    /// <summary>Its client.</summary>
    public NodeClient Client { get; }

    /// <summary>Chooses by what a command line says, and where it says nothing by the environment; null, and why, where that cannot be.</summary>
    public static DaemonChoice? Of(ParseResult parse, out string? mistake)
    {
        mistake = null;
        var isLocal = parse.GetResult(Invocation.Socket) is { Implicit: false };
        if (isLocal && parse.GetResult(Invocation.Server) is { Implicit: false })
        {
            mistake = "--socket is a daemon on this host and --server one on another: name one of them";
            return null;
        }
        if (isLocal || parse.GetValue(Invocation.Server) is not { } server)
        {
            return new(new(parse.GetValue(Invocation.Socket)!), null);
        }
        if (ServerAddress.Parse(server) is not { } address)
        {
            mistake = $"'{server}' is no server: write HOST:PORT, or [ADDRESS]:PORT for an IPv6 address (--server, WAYMARK_SERVER)";
            return null;
        }
        if (parse.GetValue(Invocation.Certificate) is not { } certificate || parse.GetValue(Invocation.Key) is not { } key || parse.GetValue(Invocation.Authority) is not { } authority)
        {
            mistake = $"{address} asks for a certificate: name yours, its key and the node's authority (--cert, --key, --ca, or WAYMARK_CERT, WAYMARK_KEY, WAYMARK_CA); 'waymark pki issue' makes them";
            return null;
        }
        try
        {
            var identity = RemoteIdentity.Read(certificate, key, authority, TimeProvider.System.GetUtcNow());
            return new(new(address, identity, TimeProvider.System), identity);
        }
        catch (CertificateException refused)
        {
            mistake = refused.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        identity?.Dispose();
    }
}
