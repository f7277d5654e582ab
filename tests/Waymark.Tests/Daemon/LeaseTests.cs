using Waymark.Daemon.Requests;

namespace Waymark.Tests.Daemon;

/// <summary>Sets that go with a connection: after its grace, with the daemon, and never later.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Grace = TimeSpan.FromSeconds(10);

    private readonly BookRun run = new("requester fleet { user nobody; rank 10; may any; confirm within 60 s; } requester alice { user alice; rank 20; may flows udp; }");

    private string? holder = "fleet";

    public void Dispose() => run.Dispose();

    [Fact]
    public void A_set_goes_with_its_connection_at_once_where_no_grace_was_asked_for()
    {
        var lease = Hold("a", "udp drop;", TimeSpan.Zero);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
        // There is nothing to confirm: it proves itself all the time.
        Assert.Null(run.Book.ConfirmByOf("fleet"));
        run.Book.Lose(lease);
        Assert.Empty(run.InForce);
        Assert.Equal(["fleet apply --while-connected a Expired: its connection ended"], run.Audited);
        Assert.Contains("no change to undo", Assert.Throws<RefusedException>(() => run.Book.Undo(run.Requester("fleet"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_comes_again_in_time_holds_it_on_and_nothing_changes()
    {
        var first = Hold("a", "udp drop lifetime 1 h;", Grace);
        var (at, since) = (run.Loop.Inputs.Sets[0].AcceptedAt, run.Loop.Inputs.Sets[0].FirstAccepted);
        run.Book.Lose(first);
        run.Clock.Pass(Grace - Second);
        Look();
        var second = Hold("a", "udp drop lifetime 1 h;", Grace);
        run.Clock.Pass(Grace);
        Look();
        Assert.Equal((at, since), (run.Loop.Inputs.Sets[0].AcceptedAt, run.Loop.Inputs.Sets[0].FirstAccepted));
        // The old connection's end, heard late, ends nothing.
        run.Book.Lose(first);
        Assert.Single(run.InForce);
        run.Book.Lose(second);
        run.Clock.Pass(Grace);
        Look();
        Assert.Empty(run.InForce);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("alice", false)]
    [InlineData("alice", true)]
    public void Who_is_not_let_in_as_who_he_was_holds_nothing_more_whatever_grace_was_agreed(string? now, bool isLost)
    {
        var lease = Hold("a", "udp drop;", PolicyBook.LongestGrace);
        run.Book.Hold(run.Requester("alice"), "b", BookRun.Set("udp drop;"), Grace, () => "alice");
        if (isLost)
        {
            run.Book.Lose(lease);
        }
        run.Book.Expel();
        Assert.Equal(["alice/b: udp drop;", "fleet/a: udp drop;"], run.InForce);
        holder = now;
        run.Book.Expel();
        Assert.Equal(["alice/b: udp drop;"], run.InForce);
        Assert.True(lease.Ended is { IsCompletedSuccessfully: true, Result: LeaseEnd.Expelled });
        Assert.Equal(["fleet apply --while-connected a Expired: who held it is not let in as its requester any more"], run.Audited);
        // The end of the connection comes after it.
        run.Book.Lose(lease);
        holder = "fleet";
        Assert.Single(run.InForce);
    }

    [Fact]
    public void Who_is_taken_out_of_the_node_file_does_not_hold_on_when_he_is_back()
    {
        var lease = Hold("a", "udp drop;", Grace);
        holder = null;
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        run.Book.Reload();
        Assert.True(lease.Ended.IsCompletedSuccessfully);
        run.Write("node.way", "requester fleet { user nobody; rank 10; may any; }");
        holder = "fleet";
        run.Book.Reload();
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void Who_is_taken_out_of_it_while_he_asks_holds_nothing()
    {
        var asking = run.Requester("fleet");
        holder = null;
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        run.Book.Reload();
        Assert.True(Assert.Throws<RefusedException>(() => run.Book.Hold(asking, "a", BookRun.Set("udp drop;"), Grace, () => holder)).IsForbidden);
        Assert.Empty(run.Book.Held);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_make_the_grace_longer()
    {
        run.Book.Lose(Hold("a", "udp drop;", Grace));
        run.Clock.Now -= TimeSpan.FromDays(1);
        run.Clock.Pass(Grace);
        Look();
        Assert.Empty(run.InForce);
    }

    [Fact]
    public async Task Who_takes_over_ends_the_other_call_and_who_withdraws_ends_both()
    {
        var first = Hold("a", "udp drop;", Grace);
        var second = Hold("a", "udp default;", Grace);
        Assert.Equal(LeaseEnd.TakenOver, await first.Ended);
        Assert.Equal(["fleet/a: udp default;"], run.InForce);
        var numbered = new Waymark.Daemon.Store.Submission(new(1, 2, 3, [0, 0, 0, 0, 0, 0, 0, 0]), [1]);
        var withdrawn = run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, numbered);
        Assert.True(withdrawn.WasHeld);
        Assert.Equal(withdrawn with { IsRepeated = true }, run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, numbered));
        Assert.Equal(LeaseEnd.Withdrawn, await second.Ended);
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void Who_ends_his_own_holding_ends_no_other()
    {
        var first = Hold("a", "udp drop;", Grace);
        var second = Hold("a", "udp drop;", Grace);
        Assert.NotEqual(first.Id, second.Id);
        Missing(first);
        run.Book.Lose(second);
        Assert.True(run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", lease: second.Id).WasHeld);
        Assert.Empty(run.InForce);
        run.Apply("fleet", "a", "tcp drop;");
        Missing(second);
        Assert.Equal(["fleet/a: tcp drop;"], run.InForce);

        void Missing(Lease lease) => Assert.True(Assert.Throws<RefusedException>(() => run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", lease: lease.Id)).IsMissing);
    }

    [Fact]
    public void Who_names_his_lease_can_end_it_whichever_of_his_calls_was_heard_last()
    {
        var id = Guid.Parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
        for (var calls = 1; calls <= 2; calls++)
        {
            for (var call = 0; call < calls; call++)
            {
                Assert.Equal(id, run.Book.Hold(run.Requester("fleet"), "a", BookRun.Set("udp drop;"), Grace, () => holder, id).Lease.Id);
            }
            Assert.True(run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", lease: id).WasHeld);
            Assert.Empty(run.InForce);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(600)]
    public void It_does_not_outlive_the_daemon(int away)
    {
        Hold("a", "udp drop lifetime 1 h;", Grace);
        run.Restart(away * Second);
        Assert.Empty(run.InForce);
        // And a later one of the same words has a lifetime of its own.
        run.Apply("fleet", "a", "udp drop lifetime 1 h;");
        Assert.Equal(run.Clock.Now, Assert.Single(run.Loop.Inputs.Sets[0].FirstAccepted).Value);
    }

    [Fact]
    public void A_name_is_one_sets_only()
    {
        run.Apply("fleet", "a", "udp drop;");
        Assert.Contains("there without a connection", Assert.Throws<RefusedException>(() => Hold("a", "udp drop;", Grace)).Message, StringComparison.Ordinal);
        Hold("b", "udp drop;", Grace);
        Assert.Contains("held by a connection", Assert.Throws<RefusedException>(() => run.Apply("fleet", "b", "udp drop;")).Message, StringComparison.Ordinal);
        // What an undoing brings back is there when nobody holds the name any more.
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "a");
        var lease = Hold("a", "tcp drop;", TimeSpan.Zero);
        run.Book.Undo(run.Requester("fleet"));
        Assert.Equal(["fleet/a: tcp drop;", "fleet/b: udp drop;"], run.InForce);
        run.Book.Lose(lease);
        Assert.Equal(["fleet/a: udp drop;", "fleet/b: udp drop;"], run.InForce);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_comes_again_in_time_holds_it_on_also_where_one_of_its_name_was_brought_back_meanwhile(bool isUndone)
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Round();
        run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed);
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "a");
        run.Book.Lose(Hold("a", "tcp drop;", PolicyBook.LongestGrace));
        if (isUndone)
        {
            run.Book.Undo(run.Requester("fleet"));
        }
        run.Clock.Pass(TimeSpan.FromMinutes(2));
        Look();
        var lease = Hold("a", "tcp drop;", TimeSpan.Zero);
        Assert.Equal(["fleet/a: tcp drop;"], run.InForce);
        run.Book.Lose(lease);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void What_is_held_counts_among_the_sets_and_is_bound_by_the_rights()
    {
        Assert.True(Assert.Throws<RefusedException>(() => run.Book.Hold(run.Requester("alice"), "a", BookRun.Set("tcp drop;"), Grace, () => "alice")).IsForbidden);
        Assert.Contains("at most 5 min", Assert.Throws<RefusedException>(() => Hold("a", "udp drop;", PolicyBook.LongestGrace + Second)).Message, StringComparison.Ordinal);
        for (var i = 0; i < PolicyBook.MostSets; i++)
        {
            Hold($"{i}", "udp drop;", Grace);
        }
        Assert.Throws<RefusedException>(() => Hold("more", "udp drop;", Grace));
        Assert.Throws<RefusedException>(() => run.Apply("fleet", "more", "udp drop;"));
        // Again is not more.
        Hold("7", "udp default;", Grace);
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        run.Book.Reload();
        Assert.Empty(run.InForce);
    }

    private Lease Hold(string name, string text, TimeSpan grace) => run.Book.Hold(run.Requester("fleet"), name, BookRun.Set(text), grace, () => holder).Lease;

    private void Look() => run.Look();
}
