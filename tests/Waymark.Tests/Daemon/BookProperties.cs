using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;

namespace Waymark.Tests.Daemon;

/// <summary>Whatever several requesters do, in whatever order, and however often the daemon is killed meanwhile: what is in force and what waits to be confirmed is what a simple model says.</summary>
public sealed class BookProperties
{
    private const int Steps = 80;

    private static readonly string[] Requesters = ["fleet", "alice", "chief"], Names = ["a", "b", "c"], Texts = ["udp drop;", "udp default;", "tcp drop;"];

    [Theory]
    [InlineData(1, 12)]
    [InlineData(2, 12)]
    [InlineData(3, 12)]
    public void Every_history_ends_as_the_model_does(int seed, int histories)
    {
        var random = new Random(seed);
        for (var i = 0; i < histories; i++)
        {
            using var run = new BookRun("""
                requester fleet { user nobody; rank 10; may any; confirm within 60 s; }
                requester alice { user alice; rank 20; may any; }
                requester chief { user chief; rank 5; may any; may administer; }
                """);
            var (model, leases, done, told) = (new BookModel(), new List<Lease>(), new List<(Func<Submission, bool> Act, Submission Number)>(), new List<string>());
            for (var step = 0; step < Steps; step++)
            {
                run.Clock.Pass(TimeSpan.FromMilliseconds(random.Next(1, 25_000)));
                model.Pass(run.Clock.Now);
                told.Add(Step(random, run, model, leases, done));
                run.Look();
                Assert.True(model.InForce.SequenceEqual(run.InForce), $"seed {seed}, history {i}:\n{string.Join('\n', told)}\nexpected [{string.Join(", ", model.InForce)}]\nand is   [{string.Join(", ", run.InForce)}]");
                Assert.All(Requesters, one => Assert.Equal(model.ConfirmByOf(one), run.Book.ConfirmByOf(one)));
            }
        }
    }

    /// <summary>One thing that happens, to both; says what.</summary>
    private static string Step(Random random, BookRun run, BookModel model, List<Lease> leases, List<(Func<Submission, bool> Act, Submission Number)> done)
    {
        var (by, name, text, now) = (Requesters[random.Next(3)], Names[random.Next(3)], Texts[random.Next(3)], run.Clock.Now);
        TimeSpan? asked = random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(1, 60)) : null;
        var within = asked ?? (by == "fleet" ? TimeSpan.FromSeconds(60) : null);
        var number = new Submission(new(random.Next(), 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), [1]);
        var owner = by == "chief" ? Requesters[random.Next(3)] : by;
        switch (random.Next(12))
        {
            case 0 or 1 or 2:
                Both(submission => run.Book.Accept(run.Requester(by), name, BookRun.Set(text), asked, submission).IsRepeated, model.Apply(by, name, text, within, now));
                return $"{now:mm:ss.fff} {by} applies {name}: {text} within {asked}";
            case 3 or 4:
                Both(submission => run.Book.Withdraw(run.Requester(by), owner, name, asked, submission).IsRepeated, model.Withdraw(by, owner, name, within, now));
                return $"{now:mm:ss.fff} {by} withdraws {name} of {owner} within {asked}";
            case 5:
                Both(submission => run.Book.Undo(run.Requester(by), asked, submission).IsRepeated, model.Undo(by, within, now));
                return $"{now:mm:ss.fff} {by} undoes within {asked}";
            case 6:
                Both(submission => run.Book.Confirm(run.Requester(by), run.Loop.Followed, submission).IsRepeated, model.Confirm(by));
                return $"{now:mm:ss.fff} {by} confirms";
            case 7:
                Both(_ =>
                {
                    leases.Add(run.Book.Hold(run.Requester(by), name, BookRun.Set(text), TimeSpan.Zero, () => by).Lease);
                    return false;
                }, model.Hold(by, name, text), isNumbered: false);
                return $"{now:mm:ss.fff} {by} holds {name}: {text}";
            case 8 when leases.Count > 0:
                var lease = leases[random.Next(leases.Count)];
                if (run.Book.Held.Contains(lease))
                {
                    model.Lose(lease.Requester, lease.Name);
                }
                run.Book.Lose(lease);
                return $"{now:mm:ss.fff} {lease.Requester} loses {lease.Name}";
            case 8 when done.Count > 0:
                // The answer was lost, and it is asked again, by now perhaps of another daemon.
                var (act, known) = done[random.Next(done.Count)];
                Assert.True(act(known));
                return $"{now:mm:ss.fff} something is asked again";
            case 9 or 10:
                run.Round();
                model.Follow(run.Clock.Now);
                return $"{now:mm:ss.fff} the kernel follows";
            default:
                run.Restart(TimeSpan.FromMilliseconds(random.Next(1, 40_000)));
                leases.Clear();
                model.Restart();
                model.Pass(run.Clock.Now);
                return $"{now:mm:ss.fff} the daemon is killed, and there is another at {run.Clock.Now:mm:ss.fff}";
        }

        void Both(Func<Submission, bool> act, bool isDone, bool isNumbered = true)
        {
            try
            {
                Assert.False(act(number));
                Assert.True(isDone, "it was done, and the model refuses it");
                if (isNumbered)
                {
                    done.Add((act, number));
                }
            }
            catch (RefusedException refused)
            {
                // As the model says, or not.
                Assert.False(isDone, refused.Message);
            }
        }
    }
}
