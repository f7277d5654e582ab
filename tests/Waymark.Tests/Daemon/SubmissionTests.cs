using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;

namespace Waymark.Tests.Daemon;

/// <summary>Numbered requests: done once, and answered the same each time.</summary>
public sealed class SubmissionTests : IDisposable
{
    private readonly BookRun run = new("requester fleet { user nobody; rank 10; may any; } requester alice { user alice; rank 20; may any; }");

    public void Dispose() => run.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_done_is_not_done_again_and_answered_as_it_was(bool isRestarted)
    {
        var (first, undo) = (Numbered(1), Numbered(2));
        Accept("a", "udp drop;", null);
        var accepted = Accept("a", "udp default;", first);
        Accept("a", "tcp drop;", null);
        var undone = run.Book.Undo(run.Requester("fleet"), null, undo);
        Assert.Equal(["fleet/a: udp default;"], run.InForce);
        if (isRestarted)
        {
            run.Restart(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(undone with { IsRepeated = true }, run.Book.Undo(run.Requester("fleet"), null, undo));
        Assert.Equal(["fleet/a: udp default;"], run.InForce);
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "a");
        Assert.Equal(accepted with { IsRepeated = true }, Accept("a", "udp default;", first));
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void So_is_a_withdrawal_which_would_fail_the_second_time_and_what_changed_nothing()
    {
        Accept("a", "udp drop;", Numbered(1));
        var (same, away) = (Numbered(2), Numbered(3));
        Assert.False(Accept("a", "udp drop;", same).IsChange);
        run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, away);
        Assert.True(run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, away) is { IsRepeated: true, Name: "a", IsInForce: false });
        Assert.True(Accept("a", "udp drop;", same) is { IsRepeated: true, IsChange: false });
        Assert.Empty(run.InForce);
    }

    [Fact]
    public void A_confirmation_whose_answer_was_lost_is_answered_again()
    {
        run.Apply("fleet", "a", "udp drop;", TimeSpan.FromMinutes(1));
        run.Round();
        var first = run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed, Numbered(1));
        run.Restart(TimeSpan.FromHours(1));
        Assert.Equal(first with { IsRepeated = true }, run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed, Numbered(1)));
        Assert.Throws<RefusedException>(() => run.Book.Confirm(run.Requester("fleet"), run.Loop.Followed, Numbered(2)));
    }

    [Fact]
    public void The_number_of_another_request_is_refused_and_nothing_changes()
    {
        Accept("a", "udp drop;", Numbered(1));
        Assert.Contains("was that of another request", Assert.Throws<RefusedException>(() => Accept("a", "udp default;", Numbered(1, digest: 9))).Message, StringComparison.Ordinal);
        Assert.Equal(["fleet/a: udp drop;"], run.InForce);
        // Of another requester it is another number.
        run.Book.Accept(run.Requester("alice"), "a", BookRun.Set("udp default;"), null, Numbered(1, digest: 9));
        Assert.Equal(["alice/a: udp default;", "fleet/a: udp drop;"], run.InForce);
    }

    [Fact]
    public void What_was_refused_is_asked_again()
    {
        Assert.Throws<RefusedException>(() => run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, Numbered(1)));
        Accept("a", "udp drop;", null);
        Assert.False(run.Book.Withdraw(run.Requester("fleet"), "fleet", "a", null, Numbered(1)).IsRepeated);
    }

    [Fact]
    public void Only_so_many_are_kept_and_for_so_long()
    {
        Accept("a", "udp drop;", Numbered(0));
        for (var i = 1; i <= StateStore.KeptSubmissions; i++)
        {
            Accept("a", "udp drop;", Numbered(i));
        }
        Assert.False(Accept("a", "udp drop;", Numbered(0)).IsRepeated);
        Assert.True(Accept("a", "udp drop;", Numbered(StateStore.KeptSubmissions)).IsRepeated);
        Assert.True(Accept("a", "udp drop;", Numbered(2)).IsRepeated);
        run.Clock.Pass(StateStore.SubmissionTime);
        Assert.False(Accept("a", "udp drop;", Numbered(StateStore.KeptSubmissions)).IsRepeated);
    }

    private ChangeOutcome Accept(string name, string text, Submission? submission) => run.Book.Accept(run.Requester("fleet"), name, BookRun.Set(text), null, submission);

    private static Submission Numbered(int number, byte digest = 1) => new(new(number, 1, 2, [0, 0, 0, 0, 0, 0, 0, 0]), [digest]);
}
