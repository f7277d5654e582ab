using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Waymark.Daemon.Metrics;

/// <summary>Listens for scrapers, apart from the requesters' socket: plain HTTP/1.1, bounded.</summary>
internal static class MetricsListener
{
    /// <summary>A scraper needs one; it is not by their number that a stranger should hold the daemon's memory.</summary>
    private const int Connections = 16;

    /// <summary>Listens; throws as <see cref="SideListener.StartAsync"/>.</summary>
    public static Task<SideListener> StartAsync(IPEndPoint endpoint, MetricsPage page, CancellationToken cancellationToken)
    {
        var app = SideListener.NewBuilder(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = Connections;
            options.Limits.MaxRequestBodySize = 0;
            options.Limits.MaxRequestLineSize = 1024;
            options.Limits.MaxRequestHeadersTotalSize = 8 << 10;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            options.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        }).Build();
        app.Run(page.AnswerAsync);
        return SideListener.StartAsync(app, cancellationToken);
    }
}
