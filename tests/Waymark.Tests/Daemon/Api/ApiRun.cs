using System.Runtime.Versioning;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Waymark.Daemon;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Exchange.NodeCalls;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Daemon.Api;

/// <summary>The daemon as it is put together, on a socket of its own, over a data plane in memory: what it answers, and what it keeps. Whoever runs the tests may ask for anything.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ApiRun : IAsyncDisposable
{
    private readonly string folder;
    private readonly WebApplication app;
    private readonly SideWork[] running;

    private ApiRun(string folder, WebApplication app, SideWork[] running, MemoryDataPlane dataPlane)
    {
        (this.folder, this.app, this.running, DataPlane) = (folder, app, running, dataPlane);
        Client = new(Socket);
    }

    public MemoryDataPlane DataPlane { get; }

    public NodeClient Client { get; }

    public string Socket => SocketIn(folder);

    /// <summary>What it is put together from.</summary>
    public IServiceProvider Services => app.Services;

    public AuditLog Audit => app.Services.GetRequiredService<AuditLog>();

    public PolicyBook Book => app.Services.GetRequiredService<PolicyBook>();

    public ReconcileLoop Loop => app.Services.GetRequiredService<ReconcileLoop>();

    /// <summary>What the audit log says, newest last.</summary>
    public IReadOnlyList<string> Audited => [.. Audit.Newest(1000, _ => true).Select(one => $"{one.Request} {one.Subject} {one.Outcome}: {one.Detail}")];

    /// <summary>Starts it.</summary>
    /// <param name="log">Takes what is logged; null: nobody.</param>
    public static async Task<ApiRun> StartAsync(ILoggerProvider? log = null)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
        var options = new DaemonOptions
        {
            NodeFile = System.IO.Path.Combine(folder, "node.way"),
            PolicyDirectory = System.IO.Path.Combine(folder, "policy.d"),
            StateDirectory = folder,
            Socket = SocketIn(folder),
        };
        System.IO.File.WriteAllText(options.NodeFile, $"requester tester {{ user {Environment.UserName}; rank 1; may any; may set my.value, my.other, mtu, cost, medium; }}");
        var dataPlane = new MemoryDataPlane();
        var app = DaemonHost.Build(options, services =>
        {
            services.AddSingleton<IDataPlane>(dataPlane).AddLogging(logging => logging.ClearProviders());
            if (log is not null)
            {
                services.AddSingleton(log);
            }
        });
        app.Services.GetRequiredService<PolicyBook>().Load();
        var loop = app.Services.GetRequiredService<ReconcileLoop>();
        loop.PostPaths(new([Worlds.Path("wifi"), Worlds.Path("lte", metric: 200)]));
        SideWork[] running = [new(loop.RunAsync, CancellationToken.None), new(app.Services.GetRequiredService<PolicyBook>().RunAsync, CancellationToken.None)];
        await loop.SettleAsync(CancellationToken.None);
        await app.StartAsync(CancellationToken.None);
        return new(folder, app, running, dataPlane);
    }

    /// <summary>gRPC with whatever message, of a connection of its own.</summary>
    public GrpcChannel Channel() => GrpcChannel.ForAddress("http://localhost", new()
    {
        MaxSendMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new System.Net.Http.SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(Socket), cancellationToken);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        },
    });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync(new CancellationToken(canceled: true));
        foreach (var one in running)
        {
            await one.DisposeAsync();
        }
        await app.DisposeAsync();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    /// <summary>A file of its folder.</summary>
    public string In(string name) => System.IO.Path.Combine(folder, name);

    private static string SocketIn(string folder) => System.IO.Path.Combine(folder, "sock");
}
