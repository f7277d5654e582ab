using Waymark.Daemon.Requests;
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
        run.Clock.Pass(Minute - Second);
        Assert.Equal([("fleet", "a")], run.Book.Confirm(run.Requester("fleet"), run.Clock.GetTimestamp()).Sets);
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
    public void A_connection_that_is_older_than_the_last_change_proves_nothing()
    {
        var first = run.Clock.GetTimestamp();
        run.Apply("fleet", "a", "udp drop;");
        run.Clock.Pass(Second);
        var second = run.Clock.GetTimestamp();
        run.Clock.Pass(Second);
        Assert.True(Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), first)).IsUntimely);
        run.Apply("fleet", "b", "tcp drop;");
        run.Clock.Pass(Second);
        Assert.True(Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), second)).IsUntimely);
        Assert.Equal(2, run.Book.Confirm(run.Requester("fleet"), run.Clock.GetTimestamp()).Sets.Count);
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
            told.Add((happened.PolicySet.Kind, happened.PolicySet.ConfirmBy is not null));
            if (told.Count == 4)
            {
                break;
            }
        }
        Assert.Equal([(V1.PolicySetEventKind.Accepted, true), (V1.PolicySetEventKind.Confirmed, false), (V1.PolicySetEventKind.Accepted, true), (V1.PolicySetEventKind.Reverted, false)], told);
    }

    private void Confirm(string requester)
    {
        run.Clock.Pass(TimeSpan.FromMilliseconds(1));
        run.Book.Confirm(run.Requester(requester), run.Clock.GetTimestamp());
    }

    private void Look() => run.Look();
}
