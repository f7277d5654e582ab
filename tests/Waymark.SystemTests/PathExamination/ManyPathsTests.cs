using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>
/// Many paths at once, by what really arrives at their other ends. Counts and not times are asserted: a busy machine is late for all paths alike.
/// <code>[node] d1 10.1.1.2 --- e1 10.1.1.1 [far], d2 10.1.2.2 --- e2 10.1.2.1 [far], and so on</code>
/// </summary>
public sealed partial class ManyPathsTests : IAsyncDisposable
{
    private const int Count = 64;

    private const int DownAfter = 3;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private readonly ConcurrentDictionary<PathId, bool> told = new();
    private readonly ConcurrentDictionary<PathId, int> downs = new();
    private readonly ConcurrentDictionary<string, NotedProbe> noted = new(StringComparer.Ordinal);
    private PathExaminer? examiner;

    public ManyPathsTests()
    {
        Batch("", string.Concat(Numbers.Select(i => $"link add d{i} netns {node.Name} type veth peer name e{i} netns {far.Name}\n")));
        Batch($"-n {node.Name}", string.Concat(Numbers.Select(i => $"link set d{i} up\naddr add 10.1.{i}.2/24 dev d{i}\n")));
        Batch($"-n {far.Name}", string.Concat(Numbers.Select(i => $"link set e{i} up\naddr add 10.1.{i}.1/24 dev e{i}\n")));
        // What arrives is counted, and what comes in by a silenced device is then dropped.
        far.Run("nft add table inet far");
        far.Run("nft 'add set inet far arrived { type ifname; flags dynamic; size 1024; }'");
        far.Run("nft 'add set inet far silenced { type ifname; }'");
        far.Run("nft 'add chain inet far in { type filter hook input priority 0; }'");
        far.Run("nft 'add rule inet far in icmp type echo-request update @arrived { iifname counter }'");
        far.Run("nft 'add rule inet far in icmp type echo-request iifname @silenced drop'");
    }

    private static IEnumerable<int> Numbers => Enumerable.Range(1, Count);

    public async ValueTask DisposeAsync()
    {
        if (examiner is not null)
        {
            await examiner.DisposeAsync();
        }
        thread.Dispose();
        node.Dispose();
        far.Dispose();
    }

    [Fact]
    public async Task Each_of_many_paths_gets_its_rate_and_none_starves()
    {
        Examine(Count);
        await UntilAsync(() => told.Count == Count);
        var (before, began) = (Arrived(), thread.GetTimestamp());
        // Some path has had 80, whenever that is.
        await UntilAsync(() => Arrived().Any(one => one.Value >= before[one.Key] + 80));
        var (after, elapsed) = (Arrived(), thread.GetElapsedTime(began));
        var counts = Numbers.Select(i => after[i] - before[i]).Order().ToList();
        TestContext.Current.SendDiagnosticMessage("{0:0.0} due; {1} at least, {2} in the middle, {3} at most", elapsed / Every, counts[0], counts[Count / 2], counts[^1]);
        Assert.InRange(counts[0], 0.8 * counts[Count / 2], counts[Count / 2]);
        // One more than is due may have been under way; those of a path that seemed silent for a moment are more.
        Assert.InRange(counts[Count / 2], 0.5 * elapsed / Every, (1.05 * elapsed / Every) + 2);
    }

    [Fact]
    public async Task A_silent_one_of_many_is_seen_after_as_many_probes_as_one_alone()
    {
        Examine(1);
        await UntilAsync(() => told.Count == 1);
        var alone = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            alone.Add(await ProbesUntilDownAsync(1));
        }
        await examiner!.DisposeAsync();
        told.Clear();
        Examine(Count);
        await UntilAsync(() => told.Count == Count);
        var among = new List<int>();
        foreach (var which in new[] { 1, 17, 33, 49, Count })
        {
            among.Add(await ProbesUntilDownAsync(which));
        }
        TestContext.Current.SendDiagnosticMessage("alone after {0} probes, among {1} after {2}", string.Join(", ", alone), Count, string.Join(", ", among));
        // A silence of three to six quarter intervals is looked for, by a probe in each; one was lost before it began, and one may be under way. The middle one: a busy machine is excused for a while.
        Assert.InRange(alone.Order().ElementAt(2), DownAfter, (2 * DownAfter) + 3);
        Assert.InRange(among.Order().ElementAt(2), DownAfter, (2 * DownAfter) + 3);
        Assert.Empty(downs.Keys.Except(new[] { 1, 17, 33, 49, Count }.Select(Id)));
    }

    /// <summary>Silences a path, gives how many probes in a row were not answered when it was told to be down, and has it come back.</summary>
    private async Task<int> ProbesUntilDownAsync(int which)
    {
        far.Run($"nft add element inet far silenced '{{ e{which} }}'");
        await UntilAsync(() => !told[Id(which)]);
        far.Run($"nft delete element inet far silenced '{{ e{which} }}'");
        await UntilAsync(() => told[Id(which)]);
        return downs[Id(which)];
    }

    private void Examine(int count) => node.Network.Run(() =>
    {
        examiner = new(
            new(path => new() { Targets = [new ProbeTarget.Icmp(path.Half(IpFamily.V4)!.Gateway!.Value)], AreTargetsNamed = true, Every = Every, DownAfter = DownAfter }, _ => new Dictionary<string, Measured>(), _ => 0)
            {
                Kinds = [new NotedKind(new IcmpProbeKind(thread), noted)],
            },
            Look, thread, seed: 1);
        examiner.Examine(new([.. Enumerable.Range(1, count).Select(i => new Path
        {
            Id = Id(i),
            Name = $"d{i}",
            Device = $"d{i}",
            DeviceIndex = i,
            Halves = [new() { Family = IpFamily.V4, Locators = [IpAddress.Parse($"10.1.{i}.2")], Gateway = IpAddress.Parse($"10.1.{i}.1") }],
        })]));
    });

    private void Look(CharacteristicsSet set)
    {
        foreach (var path in set.Paths)
        {
            if (path.TryGet(PathCharacteristics.Up4, out var up) && !up.IsEstimated)
            {
                if (!up.Value.Flag && told.GetValueOrDefault(path.Path, true))
                {
                    downs[path.Path] = noted[path.Path.LocalId].InARow;
                }
                told[path.Path] = up.Value.Flag;
            }
        }
    }

    /// <summary>How many probes have arrived by each device.</summary>
    private Dictionary<int, int> Arrived() => Counters().Matches(far.Run("nft list set inet far arrived"))
        .ToDictionary(one => int.Parse(one.Groups[1].ValueSpan, CultureInfo.InvariantCulture), one => int.Parse(one.Groups[2].ValueSpan, CultureInfo.InvariantCulture));

    private static PathId Id(int number) => new("ip", $"d{number}");

    private static void Batch(string options, string commands) => Shell.Run($"ip {options} -batch - <<'end'\n{commands}end\n");

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    [GeneratedRegex(@"""e(\d+)"" counter packets (\d+)")]
    private static partial Regex Counters();

    /// <summary>Notes of each device's probes whether they were answered.</summary>
    private sealed class NotedKind(IProbeKind kind, ConcurrentDictionary<string, NotedProbe> noted) : IProbeKind
    {
        public string Name => kind.Name;

        public bool Takes(ProbeTarget target) => kind.Takes(target);

        public int BytesOf(ProbeTarget target, IpFamily family) => kind.BytesOf(target, family);

        public IProbe Open(IpFamily family, string device, ulong seed) => noted[device] = new(kind.Open(family, device, seed));
    }

    private sealed class NotedProbe(IProbe probe) : IProbe
    {
        private int sent;
        private int answered;

        /// <summary>How many were sent since the newest that was answered.</summary>
        public int InARow => Volatile.Read(ref sent) - Volatile.Read(ref answered);

        public uint Mark
        {
            get => probe.Mark;
            set => probe.Mark = value;
        }

        public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref sent);
            var result = await probe.ProbeAsync(target, timeout, cancellationToken);
            if (result.IsAnswered && number > Volatile.Read(ref answered))
            {
                // On one thread.
                Volatile.Write(ref answered, number);
            }
            return result;
        }

        public void Dispose() => probe.Dispose();
    }
}
