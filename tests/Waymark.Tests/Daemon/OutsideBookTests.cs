using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Daemon;

/// <summary>What other programs say, from the call to the decision and to the next life of the daemon.</summary>
public sealed class OutsideBookTests : IAsyncDisposable
{
    private static readonly NodeFile Node = NodeLanguage.Parse("path modem { driver cdc_mbim; } path gone { driver rndis_host; ignore; } requester modemd { user modemd; rank 20; may set lte.rsrp of lte, modem; }", "node.way").File!;

    private static readonly RequesterDeclaration Root = Node.Requesters[0], Modemd = Node.Requesters[1];

    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
    private readonly MemoryDataPlane dataPlane = new();
    private readonly EventStream events = new(TimeProvider.System);
    private readonly ReconcileLoop loop;
    private readonly Task running;
    private readonly StateStore store;
    private readonly OutsideBook book;

    public OutsideBookTests()
    {
        store = new(folder);
        loop = new(dataPlane, events, _ => { }, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        book = new(store, loop, events, TimeProvider.System, NullLogger<OutsideBook>.Instance);
        loop.Post(inputs => inputs with { Node = Node, Sets = [new(new("root", 0), "t.way", PolicyLanguage.Parse("any require lte.rsrp > -100 else drop;", "t.way").Set!, Worlds.Start, [])] });
        loop.PostPaths(new([Worlds.Path("lte"), Worlds.Path("wifi")]));
        running = Task.Run(() => loop.RunAsync(stop.Token));
    }

    [Fact]
    public async Task What_is_said_decides_until_it_is_cleared()
    {
        Assert.Equal("drop", await OutcomeAsync());
        Say(Modemd, "lte", "lte.rsrp -97");
        Assert.Equal("lte", await OutcomeAsync());
        Say(Modemd, "lte", "lte.rsrp -110");
        Assert.Equal("drop", await OutcomeAsync());
        Say(Modemd, "ip/lte", "lte.rsrp -90");
        Assert.Equal("lte", await OutcomeAsync());
        book.Clear(Modemd, "lte", "lte.rsrp", "modemd");
        Assert.Equal("drop", await OutcomeAsync());
        Assert.Empty(store.Outside());
    }

    [Fact]
    public async Task What_is_said_for_a_time_ends_by_itself_and_is_told()
    {
        using var watcher = events.Watch();
        Say(Modemd, "lte", "lte.rsrp -97 for 300 ms");
        Assert.Equal("lte", await OutcomeAsync());
        while (loop.Current.Decision.Outcome() != "drop")
        {
            await Task.Delay(5, stop.Token);
        }
        Assert.True(TimeProvider.System.GetUtcNow() >= store.Outside().Single().Until, "not before its time");
        Assert.Empty(loop.Inputs.Outside);
        var told = new List<V1.OutsideEventKind>();
        await foreach (var happened in watcher.ReadAllAsync(stop.Token))
        {
            if (happened.Outside is { } outside)
            {
                told.Add(outside.Kind);
                Assert.Equal(("lte", "lte.rsrp", "modemd"), (outside.Path, outside.Characteristic.Name, outside.Characteristic.Measured.Source));
                if (outside.Kind == V1.OutsideEventKind.Expired)
                {
                    break;
                }
            }
        }
        Assert.Equal([V1.OutsideEventKind.Set, V1.OutsideEventKind.Expired], told);
    }

    [Fact]
    public async Task A_path_that_is_away_has_its_value_when_it_comes()
    {
        Say(Modemd, "modem", "lte.rsrp -80");
        Assert.Equal("drop", await OutcomeAsync());
        loop.PostPaths(new([Worlds.Path("wifi"), Worlds.Path("usb0") with { Name = "modem" }]));
        Assert.Equal("usb0", await OutcomeAsync());
    }

    [Fact]
    public void What_counts_at_the_end_of_a_life_counts_in_the_next_and_what_is_over_is_forgotten()
    {
        Say(Root, "wifi", "lte.rsrp -97 for 1 h");
        Say(Root, "wifi", "metered yes");
        Say(Root, "wifi", "medium satellite");
        var said = loop.Inputs.Outside;
        store.KeepOutside([new("lte", "signal", "root", CharacteristicValue.Of(1.0), Worlds.Start, Worlds.Start.AddSeconds(1))], Worlds.Start);
        Assert.Equal(4, store.Outside().Count);
        store.KeepOutside([], TimeProvider.System.GetUtcNow());
        store.Dispose();
        using var next = new StateStore(folder);
        Assert.Equal(said.OrderBy(one => one.Name, StringComparer.Ordinal), next.Outside().AsEnumerable());
    }

    [Fact]
    public void Who_may_not_say_it_is_told_what_the_administrator_could_write()
    {
        var refused = Assert.Throws<RefusedException>(() => Say(Modemd, "wifi", "lte.rsrp -97"));
        Assert.True(refused.IsForbidden);
        Assert.Equal("'modemd' may not say lte.rsrp of 'wifi': the node's administrator can add 'may set lte.rsrp of wifi;' to it", refused.Message);
        Say(Root, "lte", "lte.rsrp -97");
        Assert.True(Assert.Throws<RefusedException>(() => book.Clear(Modemd, "lte", "lte.rsrp", "root")).IsForbidden);
        Assert.True(Assert.Throws<RefusedException>(() => book.Clear(Modemd, "lte", "lte.rsrp", "modemd")).IsMissing);
    }

    [Theory]
    [InlineData("lt")]
    [InlineData("gone")]
    public void A_path_that_nobody_knows_or_that_is_never_used_is_refused_with_those_that_there_are(string path) =>
        Assert.Equal($"no path is called '{path}'; there are lte, modem, wifi", Assert.Throws<RefusedException>(() => Say(Root, path, "lte.rsrp -97")).Message);

    [Fact]
    public void A_requester_fills_neither_memory_nor_disk()
    {
        for (var i = 0; i < OutsideBook.MostOfPath; i++)
        {
            Say(Root, "lte", $"my.number{i} 1");
        }
        Assert.Contains("at most 64 of a path", Assert.Throws<RefusedException>(() => Say(Root, "lte", "one.more 1")).Message, StringComparison.Ordinal);
        Say(Root, "lte", "my.number3 2");
        Say(Root, "wifi", "one.more 1");
        Assert.Throws<RefusedException>(() => book.Set(Root, "lte", [Setting("my.number3 1")], TimeSpan.MaxValue));
        Assert.Throws<RefusedException>(() => book.Set(Root, "lte", [Setting("my.number3 1")], TimeSpan.Zero));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        loop.Dispose();
        store.Dispose();
        dataPlane.Dispose();
        stop.Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private static CharacteristicSetting Setting(string text) => PolicyLanguage.ParseSetting(text, "said", out _)!.Value.Setting;

    private void Say(RequesterDeclaration who, string path, string text)
    {
        var (setting, lasting) = PolicyLanguage.ParseSetting(text, "said", out _)!.Value;
        book.Set(who, path, [setting], lasting);
    }

    private async Task<string> OutcomeAsync() => (await loop.SettleAsync(stop.Token)).Decision.Outcome();
}
