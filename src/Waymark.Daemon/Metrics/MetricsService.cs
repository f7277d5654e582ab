using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Waymark.Daemon.Requests;
using Waymark.Nodes;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// Serves metrics where the node file says, by a listener of its own beside the requesters' socket: they are for programs that are no requesters. It comes, goes and moves with the node file. An address that
/// cannot be had is said once and tried again: it may be of an interface that is not up yet.
/// </summary>
internal sealed class MetricsService(NodeBook node, StateInstruments state, TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>A scraper needs one; it is not by their number that a stranger should hold the daemon's memory.</summary>
    private const int Connections = 16;

    private readonly ILogger log = logs.CreateLogger<MetricsService>();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        MetricCollection? metrics = null;
        KestrelServer? server = null;
        MetricsEndpoint? served = null, refused = null;
        try
        {
            while (true)
            {
                // The next file's signal is taken before this file.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Change);
                var wanted = node.Node.Metrics;
                if (wanted != served)
                {
                    await StopAsync(server);
                    (server, served) = (null, null);
                }
                if (wanted is null)
                {
                    // Nobody asks: nothing is counted.
                    metrics?.Dispose();
                    metrics = null;
                }
                else if (server is null)
                {
                    server = await StartAsync(wanted, new MetricsPage(metrics ??= new([LoopInstruments.Source, state.Source])), isSaid: wanted == refused, cancellationToken);
                    served = server is null ? null : wanted;
                    refused = server is null ? wanted : null;
                }
                await Task.Delay(wanted is not null && server is null ? Retry : Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await StopAsync(server);
            metrics?.Dispose();
        }
    }

    private async Task<KestrelServer?> StartAsync(MetricsEndpoint wanted, MetricsPage page, bool isSaid, CancellationToken cancellationToken)
    {
        var endpoint = new IPEndPoint(wanted.Address.ToIPAddress(), wanted.Port);
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = Connections;
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestLineSize = 1024;
        options.Limits.MaxRequestHeadersTotalSize = 8 << 10;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        options.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        var server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), logs), logs);
        try
        {
            await server.StartAsync(page, cancellationToken);
            Log.MetricsServed(log, endpoint);
            return server;
        }
        catch (Exception refused) when (refused is System.IO.IOException or SocketException)
        {
            // Somebody else's port, or not an address of this node at the moment.
            server.Dispose();
            if (!isSaid)
            {
                Log.MetricsRefused(log, endpoint, refused.Message, Retry.TotalSeconds);
            }
            return null;
        }
    }

    private static async Task StopAsync(KestrelServer? server)
    {
        if (server is not null)
        {
            // Who is being answered is not waited for: it asks again.
            await server.StopAsync(new(canceled: true));
            server.Dispose();
        }
    }
}
