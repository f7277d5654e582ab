using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Daemon;

/// <summary>Accepted sets and policy files, from the call to what the loop decides from.</summary>
public sealed class PolicyBookTests : IDisposable
{
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private readonly MemoryDataPlane dataPlane = new();
    private readonly ReconcileLoop loop;
    private readonly StateStore store;
    private readonly NodeBook node;
    private readonly PolicyBook book;

    public PolicyBookTests()
    {
        var (options, events) = (new DaemonOptions { NodeFile = In("node.way"), PolicyDirectory = In("policy.d"), StateDirectory = folder }, new EventStream(TimeProvider.System));
        System.IO.Directory.CreateDirectory(In("policy.d"));
        System.IO.File.WriteAllText(In("node.way"), "requester voip { user nobody; rank 10; may flows udp; }");
        store = new(folder);
        loop = new(dataPlane, events, _ => { }, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        node = new(options, store, NullLogger<NodeBook>.Instance);
        book = new(node, new(options, store, TimeProvider.System, NullLogger<PolicyDirectory>.Instance), new(node, loop, options), store, loop, events, TimeProvider.System, NullLogger<PolicyBook>.Instance);
        book.Load();
    }

    private RequesterDeclaration Voip => node.Node.Requesters.Single(one => one.Name == "voip");

    [Fact]
    public void A_text_that_says_the_same_on_other_lines_is_unchanged_and_found_on_them()
    {
        Assert.True(book.Accept(Voip, "a", Set("udp drop;")));
        Assert.False(book.Accept(Voip, "a", Set("udp drop;")));
        Assert.Equal(1, LineOf("a"));
        Assert.False(book.Accept(Voip, "a", Set("\n\nudp drop;")));
        Assert.Equal(3, LineOf("a"));
        Assert.Equal(3, Assert.Single(store.Sets(out _)).Set.Statements.OfType<Policy>().Single().Place.Line);
        Assert.Equal(("a", false), book.Undo(Voip));
        Assert.Throws<RefusedException>(() => book.Undo(Voip));
    }

    [Fact]
    public void So_is_a_file()
    {
        System.IO.File.WriteAllText(In("policy.d/f.way"), "udp drop;");
        book.Reload();
        var since = loop.Inputs.Sets.Single(one => one.Name == "f.way").AcceptedAt;
        System.IO.File.WriteAllText(In("policy.d/f.way"), "# Why.\nudp drop;");
        book.Reload();
        Assert.Equal(2, LineOf("f.way"));
        Assert.Equal(since, loop.Inputs.Sets.Single(one => one.Name == "f.way").AcceptedAt);
    }

    [Fact]
    public void A_requester_has_so_many_sets_and_no_more()
    {
        for (var i = 0; i < PolicyBook.MostSets; i++)
        {
            book.Accept(Voip, $"{i}", Set("udp drop;"));
        }
        Assert.Contains("withdraw some", Assert.Throws<RefusedException>(() => book.Accept(Voip, "more", Set("udp drop;"))).Message, StringComparison.Ordinal);
        Assert.True(book.Accept(Voip, "3", Set("udp default;")));
        book.Withdraw(Voip, "voip", "4");
        Assert.True(book.Accept(Voip, "more", Set("udp drop;")));
    }

    public void Dispose()
    {
        loop.Dispose();
        node.Dispose();
        store.Dispose();
        dataPlane.Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private static PolicySet Set(string text) => PolicyLanguage.Parse(text, "test.way").Set!;

    private string In(string name) => System.IO.Path.Combine(folder, name);

    private int LineOf(string set) => loop.Inputs.Sets.Single(one => one.Name == set).Set.Statements.OfType<Policy>().Single().Place.Line;
}
