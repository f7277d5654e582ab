using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Requests;
using Waymark.Nodes;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// Serves metrics where the node file says, by a listener of its own beside the requesters' socket: they are for programs that are no requesters. It comes, goes and moves with the node file. An address that
/// cannot be had is said once and tried again: it may be of an interface that is not up yet.
/// </summary>
internal sealed class MetricsService(NodeBook node, CollectionOnDemand collection, TimeProvider time, ILogger<MetricsService> log) : IActivity
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        MetricCollection? metrics = null;
        SideListener? listener = null;
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
                    await StopAsync(listener);
                    (listener, served) = (null, null);
                }
                if (wanted is null)
                {
                    GiveBack();
                    metrics = null;
                }
                else if (listener is null)
                {
                    listener = await StartAsync(wanted, new MetricsPage(metrics ??= collection.Take()), isSaid: wanted == refused, cancellationToken);
                    served = listener is null ? null : wanted;
                    refused = listener is null ? wanted : null;
                }
                await Task.Delay(wanted is not null && listener is null ? Retry : Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await StopAsync(listener);
            GiveBack();
        }

        void GiveBack()
        {
            if (metrics is not null)
            {
                collection.GiveBack();
            }
        }
    }

    private async Task<SideListener?> StartAsync(MetricsEndpoint wanted, MetricsPage page, bool isSaid, CancellationToken cancellationToken)
    {
        var endpoint = new IPEndPoint(wanted.Address.ToIPAddress(), wanted.Port);
        try
        {
            var listener = await MetricsListener.StartAsync(endpoint, page, cancellationToken);
            Log.MetricsServed(log, endpoint);
            return listener;
        }
        catch (Exception refused) when (refused is System.IO.IOException or SocketException)
        {
            // Somebody else's port, or not an address of this node at the moment.
            if (!isSaid)
            {
                Log.MetricsRefused(log, endpoint, refused.Message, Retry.TotalSeconds);
            }
            return null;
        }
    }

    private static ValueTask StopAsync(SideListener? listener) => listener?.DisposeAsync() ?? ValueTask.CompletedTask;
}
