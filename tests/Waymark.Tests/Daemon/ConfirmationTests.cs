using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Daemon;

/// <summary>Changes that are taken back unless they are confirmed, in time, across lives, and with those of others between them.</summary>
public sealed class ConfirmationTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Second = TimeSpan.FromSeconds(1);

    private readonly BookRun run = new("""
        requester fleet { user nobody; rank 10; may any; confirm within 60 s; }
        requester alice { user alice; rank 20; may flows udp; }
        requester chief { user chief; rank 5; may any; may administer; }
        """);

    public void Dispose() => run.Dispose();

    [Fact]
    public void What_is_confirmed_in_time_stands()
    {
        run.Apply("fleet", "a", "udp drop;");
        Assert.Equal(run.Clock.Now + Minute, run.Book.ConfirmByOf("fleet"));
        run.Round();
        run.Clock.Pass(Minute - Second);
        Assert.Equal([("fleet", "a")], run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed).Sets);
        Assert.Null(run.Book.ConfirmByOf("fleet"));
        run.Restart(Minute);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void What_is_not_returns_to_what_was_before_the_first_change()
    {
        run.Apply("fleet", "old", "udp drop;");
        run.Apply("fleet", "gone", "tcp drop;");
        Confirm("fleet");
        run.Apply("fleet", "old", "udp default;");
        run.Clock.Pass(30 * Second);
        run.Apply("fleet", "old", "udp prefer lowest cost;");
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "gone");
        run.Apply("fleet", "new", "icmp drop;");
        // Each change begins the time anew.
        run.Clock.Pass(59 * Second);
        run.Apply("alice", "theirs", "udp drop;");
        Assert.Equal(["alice/theirs: udp drop;", "fleet/new: icmp drop;", "fleet/old: udp prefer lowest cost;"], run.InForce);
        using var watcher = run.Events.Watch();
        run.Clock.Pass(Second);
        Look();
        Assert.Equal(["alice/theirs: udp drop;", "fleet/gone: tcp drop;", "fleet/old: udp drop;"], run.InForce);
        Assert.Equal(
            ["fleet confirm gone Reverted: not confirmed within 1 min: in force as it was before", "fleet confirm new Reverted: not confirmed within 1 min: no longer in force, as before", "fleet confirm old Reverted: not confirmed within 1 min: in force as it was before"],
            run.Audited);
        Assert.Contains("nothing to confirm", Assert.Throws<RefusedException>(() => Confirm("fleet")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 49, "udp default;")]
    [InlineData(10, 50, "udp drop;")]
    [InlineData(10, 5000, "udp drop;")]
    public void The_time_goes_on_while_no_daemon_runs(int before, int away, string expected)
    {
        run.Apply("fleet", "a", "udp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Clock.Pass(before * Second);
        run.Restart(away * Second);
        Assert.Equal([$"fleet/a: {expected}"], run.InForce);
        run.Clock.Pass(Second);
        Look();
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
        Assert.Contains("fleet confirm a Reverted: not confirmed within 1 min: in force as it was before", run.Audited);
        run.Restart(Second);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void Clocks_that_are_set_do_not_make_it_longer()
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Clock.Now -= TimeSpan.FromDays(365);
        run.Clock.Pass(Minute);
        Look();
        Assert.Empty(run.InForce);
        run.Apply("fleet", "a", "udp drop;");
        run.Clock.Now -= TimeSpan.FromDays(365);
        run.Restart(Second);
        Assert.Single(run.InForce);
        run.Clock.Pass(Minute);
        Look();
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void A_connection_from_before_the_kernel_held_the_last_change_proves_nothing()
    {
        run.Round();
        var first = run.Loop.Followed;
        run.Apply("fleet", "a", "udp drop;");
        var meanwhile = run.Loop.Followed;
        run.Round();
        var second = run.Loop.Followed;
        Refused(first);
        Refused(meanwhile);
        run.Apply("fleet", "b", "tcp drop;");
        run.Round();
        Refused(second);
        Assert.Equal(2, run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed).Sets.Count);

        void Refused(ulong followed)
        {
            var refused = Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), followed));
            Assert.True(refused.IsUntimely && refused.Message.Contains("connect anew", StringComparison.Ordinal), refused.Message);
        }
    }

    [Fact]
    public void What_the_kernel_has_not_followed_cannot_be_confirmed()
    {
        run.Apply("fleet", "a", "udp drop;");
        Refused("the kernel has not followed yet, and");
        run.DataPlane.Refusals.Enqueue("no space");
        run.Round();
        Refused("no space");
        run.Clock.Pass(Second);
        run.Round();
        // Another of the same requester, and the kernel is behind again; of others' changes it need not hold the last.
        run.Apply("fleet", "b", "tcp drop;");
        Refused("the kernel has not followed yet, and");
        run.Round();
        run.Apply("alice", "a", "udp drop;");
        Assert.Equal(2, run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed).Sets.Count);
        run.Apply("fleet", "b", "tcp default;");
        run.Restart(Second);
        Refused("the kernel has not followed yet, and");
        Confirm("fleet");

        void Refused(string expected)
        {
            var refused = Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed));
            Assert.True(refused.IsUntimely);
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
            Assert.Contains("see 'waymark status'", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kernel_that_has_fallen_behind_since_is_waited_for()
    {
        run.Apply("fleet", "a", "tcp drop;");
        run.Round();
        run.DataPlane.Refusals.Enqueue("no space");
        run.Apply("alice", "a", "udp drop;");
        run.Round();
        Assert.True(Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed)).IsUntimely);
        run.Clock.Pass(Second);
        Confirm("fleet");
    }

    [Fact]
    public void What_the_kernel_holds_can_be_confirmed_while_it_is_told_of_something_else()
    {
        run.Apply("fleet", "a", "tcp drop;");
        run.Round();
        run.Apply("alice", "a", "udp drop;");
        ChangeOutcome? done = null;
        run.Loop.Rounded += () => done ??= run.Loop.Current.Kernel.State == KernelState.Pending ? run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed) : null;
        run.Round();
        Assert.Equal([("fleet", "a")], Assert.IsType<ChangeOutcome>(done).Sets);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_time_begins_again_when_the_kernel_first_holds_the_change_and_then_no_more(bool isKilledBefore)
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Clock.Pass(50 * Second);
        if (isKilledBefore)
        {
            run.Restart(Second);
        }
        run.Round();
        var until = run.Clock.Now + Minute;
        Assert.Equal(until, run.Book.ConfirmByOf("fleet"));
        run.Clock.Pass(10 * Second);
        run.Restart(20 * Second);
        run.Round();
        run.Clock.Pass(29 * Second);
        run.Round();
        Assert.Equal(until, run.Book.ConfirmByOf("fleet"));
        Assert.Single(run.InForce);
        run.Clock.Pass(Second);
        Look();
        Assert.Empty(run.InForce);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_the_kernel_never_follows_is_taken_back_in_time_all_the_same(bool isKilled)
    {
        run.Apply("fleet", "a", "udp drop;");
        for (var second = 0; second < 59; second++)
        {
            run.DataPlane.Refusals.Enqueue("no space");
            run.Round();
            run.Clock.Pass(Second);
        }
        Assert.Single(run.InForce);
        if (isKilled)
        {
            run.Restart(Second);
        }
        run.Clock.Pass(Second);
        // Too late is too late.
        run.Round();
        Assert.Empty(run.InForce);
        Assert.Contains("fleet confirm a Reverted: not confirmed within 1 min: no longer in force, as before", run.Audited);
    }

    [Fact]
    public async Task The_time_is_counted_from_when_the_kernel_follows_and_not_from_when_somebody_looks()
    {
        run.Apply("fleet", "a", "udp drop;");
        using var ended = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var running = run.Book.RunAsync(ended.Token);
        run.Clock.Pass(50 * Second);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        await run.Loop.RunAsync(stop.Token);
        var until = run.Clock.Now + Minute;
        while (run.Book.Unconfirmed[0].ConfirmBy != until)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), ended.Token);
        }
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Who_comes_too_late_undoes_the_undoing_and_confirms_then()
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Clock.Pass(Minute);
        Look();
        Assert.True(run.Book.Undo(run.Requester("fleet")) is { Name: "a", IsInForce: true });
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
        Assert.Equal(run.Clock.Now + Minute, run.Book.ConfirmByOf("fleet"));
        Confirm("fleet");
        run.Restart(Minute);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void What_is_undone_is_as_before_and_has_nothing_to_be_confirmed()
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Book.Undo(run.Requester("fleet"));
        Assert.Null(run.Book.ConfirmByOf("fleet"));
        run.Apply("fleet", "a", "udp drop;");
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "a");
        Assert.Null(run.Book.ConfirmByOf("fleet"));
    }

    [Fact]
    public void Who_need_not_confirm_may_ask_for_it_and_what_he_does_meanwhile_joins()
    {
        run.Apply("alice", "a", "udp drop;");
        Assert.Null(run.Book.ConfirmByOf("alice"));
        run.Apply("alice", "a", "udp default;", 10 * Second);
        var until = run.Clock.Now + 10 * Second;
        run.Clock.Pass(5 * Second);
        run.Apply("alice", "b", "udp port 5 drop;");
        Assert.Equal(until, run.Book.ConfirmByOf("alice"));
        run.Clock.Pass(5 * Second);
        Look();
        Assert.Equal(["alice/a: udp drop;"], run.InForce);
    }

    [Theory]
    [InlineData("fleet", 61_000, "the node file gives 'fleet' 1 min to confirm")]
    [InlineData("alice", 999, "a change is confirmed within 1 s to 1 d")]
    [InlineData("alice", 86_400_001, "a change is confirmed within 1 s to 1 d")]
    public void Too_short_and_too_long_a_time_is_refused_and_nothing_changes(string requester, int milliseconds, string expected)
    {
        Assert.Contains(expected, Assert.Throws<RefusedException>(() => run.Apply(requester, "a", "udp drop;", TimeSpan.FromMilliseconds(milliseconds))).Message, StringComparison.Ordinal);
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void What_another_does_to_a_set_meanwhile_stands()
    {
        run.Apply("fleet", "a", "udp drop;");
        run.Apply("fleet", "b", "tcp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Apply("fleet", "b", "tcp default;");
        run.Book.Withdraw(run.Requester("chief"), "fleet", "a");
        run.Clock.Pass(Minute);
        Look();
        Assert.Equal(["fleet/b: tcp drop;"], run.InForce);
    }

    [Fact]
    public void What_another_has_to_confirm_too_returns_to_what_was_confirmed_last()
    {
        run.Apply("fleet", "a", "udp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Book.Withdraw(run.Requester("chief"), "fleet", "a", 10 * Second);
        Assert.Null(run.Book.ConfirmByOf("fleet"));
        run.Clock.Pass(10 * Second);
        Look();
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void What_was_before_and_cannot_be_read_returns_when_it_can_and_meanwhile_all_stays_as_it_is()
    {
        run.Apply("fleet", "a", "udp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Apply("alice", "b", "udp drop;", 10 * Second);
        run.Spoil("ALTER TABLE unconfirmed_set RENAME TO away");
        run.Clock.Pass(Minute);
        Look();
        Assert.Equal(["alice/b: udp drop;", "fleet/a: udp default;"], run.InForce);
        Assert.Throws<StoreException>(() => Confirm("fleet"));
        Assert.Throws<StoreException>(() => run.Apply("chief", "c", "udp drop;"));
        run.Clock.Pass(Second);
        Look();
        run.Spoil("ALTER TABLE away RENAME TO unconfirmed_set");
        run.Clock.Pass(Second);
        Look();
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
        Assert.Equal(2, run.Audited.Count(one => one.Contains("Reverted", StringComparison.Ordinal)));
        run.Restart(Second);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void A_time_that_cannot_be_begun_anew_ends_as_it_was()
    {
        run.Apply("fleet", "a", "udp drop;");
        var until = run.Clock.Now + Minute;
        run.Spoil("ALTER TABLE unconfirmed_followed RENAME TO away");
        run.Clock.Pass(50 * Second);
        run.Round();
        Assert.Equal(until, run.Book.ConfirmByOf("fleet"));
        run.Clock.Pass(Second);
        run.Spoil("ALTER TABLE away RENAME TO unconfirmed_followed");
        Look();
        Assert.Equal(run.Clock.Now + Minute, run.Book.ConfirmByOf("fleet"));
    }

    [Fact]
    public void Who_is_taken_out_of_the_node_file_finds_the_sets_as_before_when_he_is_back()
    {
        run.Apply("fleet", "a", "udp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Write("node.way", "requester other { user nobody; rank 10; may any; }");
        run.Book.Reload();
        Assert.Empty(run.InForce);
        run.Clock.Pass(Minute);
        Look();
        run.Write("node.way", "requester fleet { user nobody; rank 10; may any; }");
        run.Book.Reload();
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void Lifetimes_go_on_from_where_they_were()
    {
        run.Apply("fleet", "a", "udp drop lifetime 1 h;");
        var start = run.Clock.Now;
        Confirm("fleet");
        run.Clock.Pass(Minute);
        run.Apply("fleet", "a", "udp drop lifetime 1 h; tcp drop;");
        run.Clock.Pass(Second);
        Confirm("fleet");
        run.Apply("fleet", "a", "tcp drop;");
        run.Clock.Pass(Minute);
        Look();
        Assert.Equal(start, Assert.Single(Assert.Single(run.Loop.Inputs.Sets).FirstAccepted).Value);
        run.Restart(Second);
        Assert.Equal(start, Assert.Single(Assert.Single(run.Loop.Inputs.Sets).FirstAccepted).Value);
    }

    [Fact]
    public async Task Who_watches_is_told()
    {
        using var watcher = run.Events.Watch();
        run.Apply("fleet", "a", "udp drop;");
        Confirm("fleet");
        run.Apply("fleet", "a", "udp default;");
        run.Clock.Pass(Minute);
        Look();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var told = new List<(V1.PolicySetEventKind, bool)>();
        await foreach (var happened in watcher.ReadAllAsync(late.Token))
        {
            if (happened.PolicySet is { } set)
            {
                told.Add((set.Kind, set.ConfirmBy is not null));
            }
            if (told.Count == 4)
            {
                break;
            }
        }
        Assert.Equal([(V1.PolicySetEventKind.Accepted, true), (V1.PolicySetEventKind.Confirmed, false), (V1.PolicySetEventKind.Accepted, true), (V1.PolicySetEventKind.Reverted, false)], told);
    }

    private void Confirm(string requester)
    {
        run.Round();
        run.Book.Confirm(run.Requester(requester), run.Loop.Followed);
    }

    private void Look() => run.Look();
}
