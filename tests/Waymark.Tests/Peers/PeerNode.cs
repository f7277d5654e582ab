using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies.Language;
using Waymark.Tests.Daemon;

namespace Waymark.Tests.Peers;

/// <summary>What a daemon does for its peers, with its loop, its store and a node file, on a kernel that takes everything; what goes over the network is in the hands of the test (<see cref="FarEnd"/>).</summary>
internal sealed class PeerNode : IAsyncDisposable
{
    private readonly string folder;
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(20));
    private readonly NodeBook node;
    private readonly AuditLog audit;
    private Task running = Task.CompletedTask;
    private Task? serving;

    /// <summary>Loads what an earlier life left, and does nothing yet.</summary>
    /// <param name="nodeFile">What the node file says.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="earlier">Where an earlier life kept its state; null: there was none.</param>
    public PeerNode(string nodeFile, TimeProvider? time = null, string? earlier = null)
    {
        folder = earlier ?? System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
        Time = time ?? TimeProvider.System;
        var options = new DaemonOptions { NodeFile = In("node.way"), StateDirectory = In("state") };
        System.IO.File.WriteAllText(options.NodeFile, nodeFile);
        Store = new(options.StateDirectory);
        node = new(options, Store, NullLogger<NodeBook>.Instance);
        node.Load();
        Stream = new(Time);
        Loop = new(DataPlane, Stream, _ => { }, (_, _) => { }, DecisionMemory.None, Time, NullLogger<ReconcileLoop>.Instance) { Gathering = new(new Waymark.Tests.Daemon.SetClock()) };
        audit = new(options, Time, NullLogger<AuditLog>.Instance);
        Admission = new(new(Time), new(node, Loop, options), Loop, audit, Time, NullLogger<RemoteAdmission>.Instance) { Credentials = TestAuthority.Credentials };
        Service = new(new(new()), node, Loop, Store, Stream, audit, Admission, Standing, Time, Log);
        Service.Load();
    }

    public TimeProvider Time { get; }

    public MemoryDataPlane DataPlane { get; } = new();

    public StateStore Store { get; }

    public EventStream Stream { get; }

    public ReconcileLoop Loop { get; }

    public RemoteAdmission Admission { get; }

    public PeerService Service { get; }

    public PeerStanding Standing { get; } = new();

    public Daemon.LineLog<PeerService> Log { get; } = new();

    /// <summary>What the audit log says of peers, oldest first: outcome and detail.</summary>
    public IReadOnlyList<string> Audited => [.. audit.Newest(1000, one => one.Requester.Length > 0).Select(one => $"{one.Requester}: {one.Request} {one.Outcome}: {one.Detail}")];

    public CancellationToken Stop => stop.Token;

    /// <summary>The end of the service; it throws what ended it.</summary>
    public Task Running => running;

    /// <summary>Where this life keeps its state, for the next one.</summary>
    public string Folder => folder;

    /// <summary>Starts the service, and the loop too unless it shall not decide yet; then it is started by another call.</summary>
    public PeerNode Start(bool withLoop = true)
    {
        serving ??= Task.Run(() => Service.RunAsync(stop.Token));
        running = withLoop ? Task.WhenAny(serving, Task.Run(() => Loop.RunAsync(stop.Token))).Unwrap() : serving;
        return this;
    }

    /// <summary>Puts policies in force.</summary>
    public void Say(string policies)
    {
        var parse = PolicyLanguage.Parse(policies, "test.way");
        Assert.False(parse.HasErrors, string.Join('\n', parse.Diagnostics));
        Loop.Post(inputs => inputs with { Sets = [new(new("root", 0), "test.way", parse.Set!, Time.GetUtcNow(), [])], Node = node.Node });
    }

    /// <summary>Writes the node file anew and has it read.</summary>
    public void Declare(string nodeFile)
    {
        System.IO.File.WriteAllText(In("node.way"), nodeFile);
        node.Reload();
        node.Announce();
    }

    /// <summary>What the node file says now.</summary>
    public NodeFile File => node.Node;

    /// <summary>What the node file says of a peer now.</summary>
    public PeerDeclaration Declared(string peer) => node.Node.Peers.First(one => one.Name == peer);

    /// <summary>Waits until something is so; throws what has ended the node meanwhile.</summary>
    public async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            if (running.IsCompleted)
            {
                await running;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(2), CancellationToken.None);
            Assert.False(stop.IsCancellationRequested, $"that was not so soon:\n{string.Join('\n', Log.Lines)}\n{Standing.Current}");
        }
    }

    /// <summary>Ends this life; what it kept stays.</summary>
    public async Task EndAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Store.Dispose();
        audit.Dispose();
        node.Dispose();
        Loop.Dispose();
        stop.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private string In(string name) => System.IO.Path.Combine(folder, name);
}
