using Waymark.Cli.Display;
using Waymark.Daemon.Loop;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Tests.PathDecision;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Daemon;

/// <summary>What a watcher of paths is told.</summary>
public sealed class NoticeableChangesTests
{
    private readonly World start = Worlds.Of("any prefer lowest rtt;").With("lte", ("rtt", 0.1), ("up/ip4", true), ("medium", "cellular"));

    [Fact]
    public void What_was_known_at_the_start_is_not_told() => Assert.Empty(new NoticeableChanges(start).Since(Later(2, start)));

    [Fact]
    public void A_number_is_told_when_it_is_a_tenth_off_what_was_told_last()
    {
        var changes = new NoticeableChanges(start);
        Assert.Equal("", Say(changes, Later(1, start.With("lte", ("rtt", 0.109)))));
        Assert.Equal("lte rtt 0.1 -> 0.112", Say(changes, Later(2, start.With("lte", ("rtt", 0.112)))));
        Assert.Equal("", Say(changes, Later(4, start.With("lte", ("rtt", 0.105)))));
    }

    [Fact]
    public void A_number_is_not_told_within_its_standard_error()
    {
        var changes = new NoticeableChanges(start);
        Assert.Equal("", Say(changes, Later(1, With(start, new(CharacteristicValue.Of(0.15), start.Now, 5, "test") { StandardError = 0.06 }))));
        Assert.Equal("lte rtt 0.1 -> 0.17", Say(changes, Later(2, With(start, new(CharacteristicValue.Of(0.17), start.Now, 5, "test") { StandardError = 0.06 }))));
    }

    [Fact]
    public void What_changes_twice_in_a_second_is_told_at_its_end()
    {
        var changes = new NoticeableChanges(start);
        Assert.Equal("lte rtt 0.1 -> 0.2", Say(changes, Later(1, start.With("lte", ("rtt", 0.2)))));
        Assert.Equal("", Say(changes, Later(1.5, start.With("lte", ("rtt", 0.4)))));
        Assert.Equal("lte rtt 0.2 -> 0.4", Say(changes, Later(2, start.With("lte", ("rtt", 0.4)))));
    }

    [Fact]
    public void Flags_words_sources_and_what_becomes_known_or_unknown_are_told()
    {
        var changes = new NoticeableChanges(start);
        var next = start.With("lte", ("up/ip4", false), ("medium", "satellite"), ("loss", 0.0)).With("wifi", ("rtt", 0.02));
        Assert.Equal("lte loss unknown -> 0, lte medium cellular -> satellite, lte up/ip4 yes -> no, wifi rtt unknown -> 0.02", Say(changes, Later(1, next)));
        Assert.Equal("wifi rtt 0.02 -> unknown", Say(changes, Later(3, next with { Characteristics = new(next.Characteristics.Paths.Where(one => one.Path == Worlds.Id("lte"))) })));
        Assert.Equal("lte rtt 0.1 -> 0.1, wifi rtt unknown -> 0.02", Say(changes, Later(5, With(next, new(CharacteristicValue.Of(0.1), start.Now, 1, "modemd")))));
    }

    [Fact]
    public void A_path_that_is_gone_is_forgotten()
    {
        var changes = new NoticeableChanges(start);
        Assert.Equal("", Say(changes, Later(1, start with { Paths = new([Worlds.Path("wifi")]) })));
        Assert.Equal("lte medium unknown -> cellular, lte rtt unknown -> 0.1, lte up/ip4 unknown -> yes", Say(changes, Later(2, start)));
    }

    [Fact]
    public async Task A_watcher_gets_the_kinds_it_wants_and_is_told_what_it_lost()
    {
        var events = new EventStream(TimeProvider.System);
        using var usual = events.Watch();
        using var failures = events.Watch(V1.EventKind.Failure);
        using var slow = events.Watch();
        var before = Snapshot.None with { World = start };
        using (events.Watch(V1.EventKind.Measurement))
        {
            // The first look only learns what there is.
            events.Watched(before, before);
            events.Watched(before, before with { World = Later(1, start.With("lte", ("rtt", 0.9))) });
        }
        events.Failed("apply", "no space");
        Assert.Equal(V1.WatchResponse.EventOneofCase.Failure, (await FirstAsync(usual)).EventCase);
        Assert.Equal(V1.WatchResponse.EventOneofCase.Failure, (await FirstAsync(failures)).EventCase);
        for (var i = 0; i < 1002; i++)
        {
            events.Failed("apply", "no space");
        }
        Assert.Equal((3u, 0u), (slow.TakeLost(), slow.TakeLost()));
    }

    private static async Task<V1.WatchResponse> FirstAsync(EventWatcher watcher)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var happened in watcher.ReadAllAsync(stop.Token))
        {
            return happened;
        }
        throw new InvalidOperationException("It ended.");
    }

    private World Later(double seconds, World world) => world with { Now = start.Now.AddSeconds(seconds) };

    private static World With(World world, Measured rtt) => world with
    {
        Characteristics = new(world.Characteristics.Paths.Select(path => path.Path != Worlds.Id("lte") ? path
            : PathCharacteristics.Of(path.Path, path.Values.Where(one => one.Key != "rtt").Append(new("rtt", rtt))))),
    };

    private static string Say(NoticeableChanges changes, World world) => string.Join(", ", changes.Since(world).SelectMany(one => one.Changes.Select(change =>
        $"{one.Path.Name} {change.Name} {Say(change.Before)} -> {Say(change.After)}")));

    private static string Say(V1.Measured? measured) => measured is null ? "unknown" : WireText.CoreValue(measured).ToString();
}
