using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon.Loop;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Daemon;

/// <summary>What the loop asks of the data plane, and when.</summary>
public sealed class ReconcileLoopTests : IAsyncDisposable
{
    private static readonly Waymark.Paths.Path Wifi = Worlds.Path("wifi"), Lte = Worlds.Path("lte", metric: 200);

    private readonly MemoryDataPlane dataPlane = new();
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
    private readonly ReconcileLoop loop;
    private readonly Task running;
    private DecisionMemory kept = DecisionMemory.None;

    public ReconcileLoopTests()
    {
        loop = new(dataPlane, new(TimeProvider.System), memory => kept = memory, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        running = Task.Run(() => loop.RunAsync(stop.Token));
    }

    [Fact]
    public async Task Nothing_is_asked_of_the_kernel_before_the_maintainer_has_spoken()
    {
        Say("any prefer lowest delay;");
        await loop.SettleAsync(stop.Token).WaitAsync(TimeSpan.FromMilliseconds(200), stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Empty(dataPlane.Calls);
    }

    [Fact]
    public async Task A_decision_that_says_the_same_leaves_the_kernel_alone()
    {
        loop.PostPaths(new([Wifi, Lte]));
        Say("any prefer lowest delay;");
        await Measured(("wifi", 0.01), ("lte", 0.05));
        var revision = loop.Current.Revision;
        var calls = dataPlane.Calls.Count;
        await Measured(("wifi", 0.011), ("lte", 0.05));
        Assert.Equal((revision, calls), (loop.Current.Revision, dataPlane.Calls.Count));
        await Measured(("wifi", 0.2), ("lte", 0.05));
        Assert.Equal((revision + 1, calls + 1), (loop.Current.Revision, dataPlane.Calls.Count));
    }

    [Fact]
    public async Task Behind_a_change_flows_are_looked_at_again_and_again_and_nothing_is_decided_for_it()
    {
        loop.PostPaths(new([Wifi, Lte]));
        Say("udp require label \"name\" = \"wifi\";");
        await loop.SettleAsync(stop.Token);
        var (swept, rounds) = (dataPlane.Sweeps, 0);
        // The round that has settled it comes to its end first.
        await Until(() => dataPlane.Sweeps > swept + 2);
        loop.Rounded += () => Interlocked.Increment(ref rounds);
        await Until(() => dataPlane.Sweeps > swept + 6);
        Assert.Equal(0, rounds);
    }

    [Fact]
    public async Task What_is_asked_for_right_behind_a_change_of_policies_is_decided_together_and_a_change_of_paths_waits_for_none_of_it()
    {
        var (clock, kernel) = (new SetClock(), new MemoryDataPlane());
        using var gathering = new ReconcileLoop(kernel, new(clock), _ => { }, (_, _) => { }, DecisionMemory.None, clock, NullLogger<ReconcileLoop>.Instance) { Gathering = new(clock) };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var going = Task.Run(() => gathering.RunAsync(ended.Token), stop.Token);
        gathering.PostPaths(new([Wifi, Lte]));
        await gathering.SettleAsync(stop.Token);
        Shut(kernel);
        Say("tcp prefer lowest delay;", gathering);
        await Until(() => kernel.Calls[^1] == "apply 1");
        // So long did it take: the loop gathers for as long as it may.
        clock.Pass(TimeSpan.FromSeconds(1));
        Open(kernel);
        await gathering.SettleAsync(stop.Token);
        var revision = gathering.Current.Revision;
        for (var port = 1; port <= 20; port++)
        {
            Say($"tcp, udp peer port {port} prefer lowest delay;", gathering);
        }
        gathering.PostPaths(new([Wifi, Lte, Worlds.Path("third", metric: 300)]));
        await Until(() => gathering.Current.World.Paths.Paths.Count == 3);
        Assert.Equal("tcp prefer lowest delay;\n", PolicyPrinter.Print(gathering.Current.World.Policies.Sets[0].Set));
        var settled = gathering.SettleAsync(stop.Token);
        Assert.False(settled.IsCompleted, "what came before is not decided on yet");
        clock.Pass(TimeSpan.FromSeconds(1));
        var after = gathering.SettleAsync(stop.Token);
        Assert.Equal("tcp, udp peer port 20 prefer lowest delay;\n", PolicyPrinter.Print((await after).World.Policies.Sets[0].Set));
        Assert.Equal((await settled).Revision, gathering.Current.Revision);
        Assert.InRange(gathering.Current.Revision - revision, 1u, 2u);
        await ended.CancelAsync();
        await going;
    }

    [Fact]
    public async Task A_path_that_loses_its_link_is_closed_before_the_decision_even_while_something_is_being_applied()
    {
        loop.PostPaths(new([Wifi, Lte]));
        await loop.SettleAsync(stop.Token);
        Shut();
        Say("any prefer lowest delay;");
        await Until(() => dataPlane.Calls[^1] == "apply 1");
        loop.PostPaths(new([Wifi with { HasCarrier = false }, Lte]));
        Assert.Equal(["kill wifi", "forget wifi"], dataPlane.Calls.TakeLast(2));
        Assert.True(dataPlane.Counted < dataPlane.Lost, "what is being applied was decided before the loss");
        Open();
        await loop.SettleAsync(stop.Token);
        Assert.Equal(dataPlane.Lost, dataPlane.Counted);
        Assert.Equal("lte", loop.Current.Decision.Outcome());
        loop.PostPaths(new([Wifi]));
        Assert.Equal("kill lte", dataPlane.Calls.Last(call => call.StartsWith("kill", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_decision_is_told_on_while_the_kernel_is_busy_with_it_and_not_as_if_it_were_in_force()
    {
        loop.PostPaths(new([Wifi, Lte]));
        Assert.Equal(KernelState.InStep, (await loop.SettleAsync(stop.Token)).Kernel.State);
        var heard = new List<(ulong Revision, KernelState Kernel)>();
        loop.Rounded += () =>
        {
            lock (heard)
            {
                heard.Add((loop.Current.Revision, loop.Current.Kernel.State));
            }
        };
        Shut();
        Say("any prefer lowest delay;");
        await Until(() => dataPlane.Calls[^1] == "apply 1");
        var revision = loop.Current.Revision;
        lock (heard)
        {
            Assert.Equal([(revision, KernelState.Pending)], heard.Where(one => one.Revision == revision));
        }
        Open();
        Assert.Equal((revision, KernelState.InStep), await loop.SettleAsync(stop.Token) is var settled ? (settled.Revision, settled.Kernel.State) : default);
    }

    [Fact]
    public async Task The_flows_of_the_last_path_wait_for_its_link_to_come_back()
    {
        loop.PostPaths(new([Wifi, Lte with { HasCarrier = false }]));
        await loop.SettleAsync(stop.Token);
        loop.PostPaths(new([Wifi with { HasCarrier = false }, Lte with { HasCarrier = false }]));
        loop.PostPaths(new([]));
        Assert.DoesNotContain(dataPlane.Calls, call => call.StartsWith("kill", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_that_fell_and_is_back_before_the_loop_looks_is_opened_again()
    {
        loop.PostPaths(new([Wifi, Lte]));
        Say("tcp drop;");
        await loop.SettleAsync(stop.Token);
        Shut();
        Say("tcp drop; udp drop;");
        await Until(() => dataPlane.Calls[^1] == "apply 2");
        loop.PostPaths(new([Wifi with { HasCarrier = false }, Lte]));
        loop.PostPaths(new([Wifi, Lte]));
        Open();
        await loop.SettleAsync(stop.Token);
        Assert.Equal(["apply 2", "kill wifi", "forget wifi", "renew 2"], dataPlane.Calls.TakeLast(4));
    }

    [Fact]
    public async Task What_the_kernel_refuses_is_tried_again_while_the_last_good_state_stays()
    {
        loop.PostPaths(new([Wifi]));
        Say("tcp drop;");
        await loop.SettleAsync(stop.Token);
        var good = dataPlane.Rules;
        dataPlane.Refusals.Enqueue("no space");
        dataPlane.Refusals.Enqueue("no space");
        Say("tcp drop; udp drop;");
        var refused = await loop.SettleAsync(stop.Token);
        Assert.Equal(KernelState.Failed, refused.Kernel.State);
        Assert.Contains("no space", refused.Kernel.Message, StringComparison.Ordinal);
        Assert.Equal(good, dataPlane.Rules);
        await Until(() => loop.Current.Kernel.State == KernelState.InStep);
        Assert.Equal(2, dataPlane.Rules.Rules.Count);
        Assert.Equal(3, dataPlane.Calls.Count(call => call == "apply 2"));
    }

    [Fact]
    public async Task After_a_refusal_a_decision_as_before_it_is_applied_too()
    {
        loop.PostPaths(new([Wifi]));
        Say("tcp drop;");
        await loop.SettleAsync(stop.Token);
        dataPlane.Refusals.Enqueue("no space");
        Say("tcp drop; udp drop;");
        await loop.SettleAsync(stop.Token);
        Say("tcp drop;");
        await Until(() => loop.Current.Kernel.State == KernelState.InStep);
        Assert.Equal(["apply 2", "apply 1"], dataPlane.Calls.TakeLast(2));
    }

    [Fact]
    public async Task Policies_are_merged_anew_when_they_or_their_lines_change_and_only_then()
    {
        static Waymark.Policies.AcceptedPolicySet Set(string name, string text) => new(new("root", 0), name, PolicyLanguage.Parse(text, name).Set!, Worlds.Start, []);
        loop.PostPaths(new([Wifi, Lte]));
        // Not in the order of precedence, as sets come when they are applied one after the other.
        loop.Post(inputs => inputs with { Sets = [Set("b.way", "udp drop;"), Set("a.way", "tcp prefer lowest delay;")] });
        await Measured(("wifi", 0.01), ("lte", 0.05));
        var merged = loop.Current.World.Policies;
        await Measured(("wifi", 0.2), ("lte", 0.05));
        Assert.Same(merged, loop.Current.World.Policies);
        loop.Post(inputs => inputs with { Sets = [Set("b.way", "# Now a line further down.\nudp drop;"), inputs.Sets[1]] });
        var moved = await loop.SettleAsync(stop.Token);
        Assert.Equal([1, 2], moved.Decision.FilterRules.Rules.Select(rule => rule.Origin.Place.Line).Distinct());
    }

    [Fact]
    public async Task Numbers_of_classes_are_kept_when_they_change()
    {
        loop.PostPaths(new([Wifi]));
        Say("tcp drop;");
        await loop.SettleAsync(stop.Token);
        Assert.Equal(loop.Current.Decision.Next.ClassNumbers, kept.ClassNumbers);
        Assert.Single(kept.ClassNumbers);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        loop.Dispose();
        dataPlane.Dispose();
        stop.Dispose();
    }

    private void Say(string policies, ReconcileLoop? to = null) => (to ?? loop).Post(inputs => inputs with { Sets = [new(new("root", 0), "test.way", PolicyLanguage.Parse(policies, "test.way").Set!, Worlds.Start, [])] });

    private async Task Measured(params (string Path, double Delay)[] delays)
    {
        loop.Post(inputs => inputs with
        {
            Characteristics = new(delays.Select(one => PathCharacteristics.Of(Worlds.Id(one.Path),
                [new("delay", new(CharacteristicValue.Of(one.Delay), Worlds.Start, 5, "test"))]))),
        });
        await loop.SettleAsync(stop.Token);
    }

    private void Shut(MemoryDataPlane? kernel = null)
    {
        var door = (kernel ?? dataPlane).Door;
        while (door.Wait(0, CancellationToken.None) && door.CurrentCount > 0)
        {
        }
    }

    private void Open(MemoryDataPlane? kernel = null) => (kernel ?? dataPlane).Door.Release(1000);

    private async Task Until(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, stop.Token);
        }
    }
}
