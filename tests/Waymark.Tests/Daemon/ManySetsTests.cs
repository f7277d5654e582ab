namespace Waymark.Tests.Daemon;

/// <summary>A change of one set costs what it costs, however many others there are.</summary>
public sealed class ManySetsTests : IDisposable
{
    private readonly BookRun run = new("requester fleet { user nobody; rank 10; may any; } requester alice { user alice; rank 20; may flows udp; }");

    public void Dispose() => run.Dispose();

    [Fact]
    public void What_has_not_changed_is_not_looked_at_again()
    {
        run.Apply("alice", "b", "udp drop;", null);
        run.Apply("fleet", "a", "tcp drop;", null);
        var known = run.Loop.Inputs.Sets.Single(one => one.Name == "b");
        run.Apply("fleet", "a", "tcp default;", null);
        Assert.Same(known, run.Loop.Inputs.Sets.Single(one => one.Name == "b"));
        Assert.Equal(["alice/b: udp drop;", "fleet/a: tcp default;"], run.InForce);
        run.Apply("alice", "b", "udp default;", null);
        Assert.Equal(["alice/b: udp default;", "fleet/a: tcp default;"], run.InForce);
        run.Book.Withdraw(run.Requester("alice"), "alice", "b");
        Assert.Equal(["fleet/a: tcp default;"], run.InForce);
        run.Apply("alice", "b", "udp default;", null);
        Assert.Equal(["alice/b: udp default;", "fleet/a: tcp default;"], run.InForce);
    }
}
