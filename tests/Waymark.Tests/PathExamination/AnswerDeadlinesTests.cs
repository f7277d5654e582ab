using Waymark.Linux.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class AnswerDeadlinesTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task What_came_before_it_was_waited_for_is_there_and_only_the_first_counts()
    {
        using var deadlines = new AnswerDeadlines(TimeProvider.System);
        var answer = new AwaitedAnswer<int>();
        answer.Take(1);
        answer.Take(2);
        answer.GiveUp();
        Assert.Equal(1, await deadlines.WaitAsync(answer, Long, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_does_not_come_is_given_up_in_its_order_whatever_came_meanwhile()
    {
        using var deadlines = new AnswerDeadlines(TimeProvider.System);
        var answers = Enumerable.Range(0, 20).Select(_ => new AwaitedAnswer<int>()).ToList();
        var waits = answers.Select((answer, i) => deadlines.WaitAsync(answer, TimeSpan.FromMilliseconds(20 + i), TestContext.Current.CancellationToken)).ToList();
        foreach (var answer in answers.Where((_, i) => i % 3 == 0))
        {
            answer.Take(7);
        }
        var all = await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(answers.Select((_, i) => i % 3 == 0 ? (int?)7 : null), all);
    }

    [Fact]
    public async Task Whoever_waits_when_it_is_disposed_of_or_later_waits_for_nothing()
    {
        var deadlines = new AnswerDeadlines(TimeProvider.System);
        var before = deadlines.WaitAsync(new AwaitedAnswer<int>(), Long, TestContext.Current.CancellationToken);
        deadlines.Dispose();
        Assert.Null(await before.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Null(await deadlines.WaitAsync(new AwaitedAnswer<int>(), Long, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_is_stopped_is_told_so_whether_before_or_while_he_waits()
    {
        using var deadlines = new AnswerDeadlines(TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var during = deadlines.WaitAsync(new AwaitedAnswer<int>(), Long, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => during);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => deadlines.WaitAsync(new AwaitedAnswer<int>(), Long, stop.Token));
    }

    [Fact]
    public async Task Answers_that_come_while_others_are_given_up_and_stopped_all_come_to_something()
    {
        using var deadlines = new AnswerDeadlines(TimeProvider.System);
        for (var round = 0; round < 50; round++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var answers = Enumerable.Range(0, 40).Select(_ => new AwaitedAnswer<int>()).ToList();
            var waits = answers.Select(answer => deadlines.WaitAsync(answer, TimeSpan.FromMilliseconds(2), stop.Token)).ToList();
            var taking = Task.Run(() => answers.ForEach(answer => answer.Take(1)), TestContext.Current.CancellationToken);
            if (round % 2 == 0)
            {
                await stop.CancelAsync();
            }
            await taking;
            // Stopped or not: none may be left waiting.
            var ends = Task.WhenAll(waits).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await ends.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }
    }
}
