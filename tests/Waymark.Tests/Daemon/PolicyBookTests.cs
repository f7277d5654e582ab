using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.Policies;

namespace Waymark.Tests.Daemon;

/// <summary>Accepted sets and policy files, from the call to what the loop decides from.</summary>
public sealed class PolicyBookTests : IDisposable
{
    private readonly BookRun run = new("requester voip { user nobody; rank 10; may flows udp; }");

    private PolicyBook Book => run.Book;

    private RequesterDeclaration Voip => run.Requester("voip");

    [Fact]
    public void A_text_that_says_the_same_on_other_lines_is_unchanged_and_found_on_them()
    {
        Assert.True(Book.Accept(Voip, "a", Set("udp drop;")).IsChange);
        Assert.False(Book.Accept(Voip, "a", Set("udp drop;")).IsChange);
        Assert.Equal(1, LineOf("a"));
        Assert.False(Book.Accept(Voip, "a", Set("\n\nudp drop;")).IsChange);
        Assert.Equal(3, LineOf("a"));
        Assert.Equal(3, Assert.Single(run.Store.Sets(out _)).Set.Statements.OfType<Policy>().Single().Place.Line);
        Assert.Equal(("a", false), NameAndForce(Book.Undo(Voip)));
        Assert.Throws<RefusedException>(() => Book.Undo(Voip));
    }

    [Theory]
    [InlineData("udp drop;")]
    [InlineData("udp dorp;")]
    public void Who_waits_for_another_node_file_goes_on_when_nothing_is_held_any_more(string policies)
    {
        bool? isFree = null;
        using var waits = run.Node.Change.Register(() => isFree = Task.Run(() => Book.Held, TestContext.Current.CancellationToken).Wait(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken));
        Book.Reload();
        Assert.Null(isFree);
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        run.Write("policy.d/f.way", policies);
        if (policies == "udp drop;")
        {
            Book.Reload();
        }
        else
        {
            Assert.Throws<RefusedException>(() => Book.Reload());
        }
        Assert.True(isFree);
        Assert.False(run.Node.Change.IsCancellationRequested);
    }

    [Fact]
    public void So_is_a_file()
    {
        run.Write("policy.d/f.way", "udp drop;");
        Book.Reload();
        var since = run.Loop.Inputs.Sets.Single(one => one.Name == "f.way").AcceptedAt;
        run.Write("policy.d/f.way", "# Why.\nudp drop;");
        Book.Reload();
        Assert.Equal(2, LineOf("f.way"));
        Assert.Equal(since, run.Loop.Inputs.Sets.Single(one => one.Name == "f.way").AcceptedAt);
    }

    [Fact]
    public void A_policy_directory_that_is_none_is_refused_and_what_was_in_force_stays()
    {
        run.Write("policy.d/f.way", "udp drop;");
        Book.Reload();
        System.IO.Directory.Move(run.In("policy.d"), run.In("away"));
        run.Write("policy.d", "udp default;");
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        Assert.Contains("is a file, and has to be the directory", Assert.Throws<RefusedException>(() => Book.Reload()).Message, StringComparison.Ordinal);
        Assert.Equal(["root/f.way: udp drop;"], run.InForce);
        Assert.Equal("voip", run.Node.Node.Requesters[^1].Name);
        System.IO.File.Delete(run.In("policy.d"));
        // One that is not there has no files.
        Book.Reload();
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void A_requester_has_so_many_sets_and_no_more()
    {
        for (var i = 0; i < PolicyBook.MostSets; i++)
        {
            Book.Accept(Voip, $"{i}", Set("udp drop;"));
        }
        Assert.Contains("withdraw some", Assert.Throws<RefusedException>(() => Book.Accept(Voip, "more", Set("udp drop;"))).Message, StringComparison.Ordinal);
        Assert.True(Book.Accept(Voip, "3", Set("udp default;")).IsChange);
        Book.Withdraw(Voip, "voip", "4");
        Assert.True(Book.Accept(Voip, "more", Set("udp drop;")).IsChange);
    }

    public void Dispose() => run.Dispose();

    private static PolicySet Set(string text) => BookRun.Set(text);

    private static (string, bool) NameAndForce(ChangeOutcome done) => (done.Name, done.IsInForce);

    private int LineOf(string set) => run.Loop.Inputs.Sets.Single(one => one.Name == set).Set.Statements.OfType<Policy>().Single().Place.Line;
}
