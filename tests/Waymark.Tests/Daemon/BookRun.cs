using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies.Language;

namespace Waymark.Tests.Daemon;

/// <summary>The books of a daemon over real files, in one life after the other.</summary>
internal sealed class BookRun : IDisposable
{
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private readonly DaemonOptions options;
    public BookRun(string nodeFile)
    {
        options = new() { NodeFile = In("node.way"), PolicyDirectory = In("policy.d"), StateDirectory = folder };
        System.IO.Directory.CreateDirectory(In("policy.d"));
        Write("node.way", nodeFile);
        Begin();
    }

    public SetClock Clock { get; } = new();

    public MemoryDataPlane DataPlane { get; private set; } = null!;

    public EventStream Events { get; private set; } = null!;

    public ReconcileLoop Loop { get; private set; } = null!;

    public StateStore Store { get; private set; } = null!;

    public NodeBook Node { get; private set; } = null!;

    public AuditLog Audit { get; private set; } = null!;

    public PolicyBook Book { get; private set; } = null!;

    /// <summary>What is in force: whose sets, of which names, and what they say; files apart.</summary>
    public IReadOnlyList<string> InForce => [.. Loop.Inputs.Sets.Select(one => $"{one.Requester.Name}/{one.Name}: {PolicyPrinter.Print(one.Set).Trim()}").Order(StringComparer.Ordinal)];

    /// <summary>What the audit log says, newest last.</summary>
    public IReadOnlyList<string> Audited => [.. Audit.Newest(100, _ => true).Select(one => $"{one.Requester} {one.Request} {one.Subject} {one.Outcome}: {one.Detail}")];

    public RequesterDeclaration Requester(string name) => Node.Node.Requesters.Single(one => one.Name == name);

    public ChangeOutcome Apply(string requester, string name, string text, TimeSpan? confirmWithin = null) => Book.Accept(Requester(requester), name, Set(text), confirmWithin);

    public static Waymark.Policies.PolicySet Set(string text) => PolicyLanguage.Parse(text, "test.way").Set!;

    public string In(string name) => System.IO.Path.Combine(folder, name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(In(name), text);

    /// <summary>What the daemon does when the time of something has come.</summary>
    public void Look()
    {
        using var ended = new CancellationTokenSource();
        var running = Book.RunAsync(ended.Token);
        ended.Cancel();
        Assert.ThrowsAnyAsync<OperationCanceledException>(() => running).GetAwaiter().GetResult();
    }

    /// <summary>Does something to the file of the state.</summary>
    public void Spoil(string sql)
    {
        using var command = Connection(Store).CreateCommand();
#pragma warning disable CA2100 // Constants of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>The loop comes round, and the book sees what came of it.</summary>
    public void Round()
    {
        using var ended = new CancellationTokenSource();
        ended.Cancel();
        Loop.RunAsync(ended.Token).GetAwaiter().GetResult();
        Look();
    }

    /// <summary>The daemon is killed, time passes, and there is another.</summary>
    public void Restart(TimeSpan away)
    {
        End();
        Clock.Pass(away);
        Begin();
    }

    public void Dispose()
    {
        End();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "connection")]
    private static extern ref SqliteConnection Connection(StateStore store);

    private void Begin()
    {
        DataPlane = new();
        Events = new(Clock);
        Store = new(folder);
        Audit = new(options, Clock, NullLogger<AuditLog>.Instance);
        Loop = new(DataPlane, Events, _ => { }, (_, _) => { }, DecisionMemory.None, Clock, NullLogger<ReconcileLoop>.Instance) { Gathering = new(new SetClock()) };
        Node = new(options, Store, NullLogger<NodeBook>.Instance);
        Book = new(Node, new(options, Store, Clock, NullLogger<PolicyDirectory>.Instance), new(Node, Loop, options), new(), Store, Loop, Events, Audit, Clock, NullLogger<PolicyBook>.Instance);
        Book.Load();
        Loop.PostPaths(Waymark.Paths.PathSet.Empty);
    }

    private void End()
    {
        Book.Dispose();
        Loop.Dispose();
        Node.Dispose();
        Audit.Dispose();
        Store.Dispose();
        DataPlane.Dispose();
    }
}
