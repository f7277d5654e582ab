using System.Net.Sockets;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Module B (paper 5.2), I/O half: probes every path in every family that it carries, each on its own clock, so that the time to see a failure does not depend on how
/// many paths or targets there are. Gives whole snapshots; raw transitions are never held back here.
/// </summary>
public sealed class PathExaminer : IAsyncDisposable
{
    private readonly PathExaminerOptions options;
    private readonly TimeProvider time;
    private readonly Action<CharacteristicsSet> publish;
    private readonly Random random;
    private readonly Lock gate = new();
    private readonly Dictionary<PathId, Examination> examined = [];
    private readonly HashSet<Task> endings = [];

    /// <summary>Starts with no path.</summary>
    /// <param name="options">What is configured.</param>
    /// <param name="publish">Gets each new snapshot, in order, never two at a time; must be quick.</param>
    /// <param name="time">The clock.</param>
    /// <param name="seed">Of identifiers and of the spread of first probes.</param>
    public PathExaminer(PathExaminerOptions options, Action<CharacteristicsSet> publish, TimeProvider time, int seed)
    {
        (this.options, this.publish, this.time) = (options, publish, time);
        // Spread and identifiers only; nothing is kept secret by it.
#pragma warning disable CA5394
        random = new(seed);
#pragma warning restore CA5394
    }

    /// <summary>Why probes of a path could not be sent, newest first seen; empty where all is well.</summary>
    public IReadOnlyDictionary<PathId, string> Faults
    {
        get
        {
            lock (gate)
            {
                return examined.Where(one => one.Value.Fault is not null).ToDictionary(one => one.Key, one => one.Value.Fault!);
            }
        }
    }

    /// <summary>
    /// Examines these paths from now on. What is known of a path stays while its device and locators do. Sockets are opened on the calling thread, in its
    /// network namespace.
    /// </summary>
    public void Examine(PathSet paths)
    {
        lock (gate)
        {
            foreach (var gone in examined.Keys.Where(id => paths.Find(id) is null).ToList())
            {
                examined.Remove(gone, out var ended);
                End(ended!);
            }
            foreach (var path in paths.Paths)
            {
                var settings = options.Of(path);
                if (examined.TryGetValue(path.Id, out var now))
                {
                    if (now.IsOf(path))
                    {
                        now.Path = path;
                        continue;
                    }
                    End(now);
                }
#pragma warning disable CA5394
                var seeds = (random.NextInt64(), random.NextInt64(), random.NextDouble());
#pragma warning restore CA5394
                examined[path.Id] = new(path, settings, options.Mark(path), seeds, time, Publish, now?.Estimates);
            }
        }
        Publish();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> ending;
        lock (gate)
        {
            ending = [.. examined.Values.Select(one => one.DisposeAsync().AsTask()), .. endings];
            examined.Clear();
        }
        await Task.WhenAll(ending);
    }

    private void End(Examination one)
    {
        endings.RemoveWhere(task => task.IsCompleted);
        endings.Add(one.DisposeAsync().AsTask());
    }

    private void Publish()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            publish(new(examined.Values.Select(one => PathCharacteristics.Of(one.Path.Id, Values(one, now)))));
        }
    }

    /// <summary>What was configured goes before what was measured: the administrator knows.</summary>
    private IEnumerable<KeyValuePair<string, Measured>> Values(Examination one, DateTimeOffset now)
    {
        var configured = options.Configured(one.Path);
        return one.Values(now).Where(value => !configured.ContainsKey(value.Key)).Concat(configured);
    }

    /// <summary>The probing of one path.</summary>
    private sealed class Examination : IAsyncDisposable
    {
        private readonly ProbeSettings settings;
        private readonly TimeProvider time;
        private readonly Action changed;
        private readonly CancellationTokenSource stop = new();
        private readonly Lock gate = new();
        private readonly List<Task> running = [];
        private readonly List<IProbe> probes = [];

        public Examination(Path path, ProbeSettings settings, uint mark, (long, long, double) seeds, TimeProvider time, Action changed, ProbeEstimates? known)
        {
            (Path, this.settings, this.time, this.changed) = (path, settings, time, changed);
            var lifetime = settings.Every * 10 > TimeSpan.FromSeconds(30) ? settings.Every * 10 : TimeSpan.FromSeconds(30);
            Estimates = known ?? new("icmp", settings.DownAfter, settings.UpAfter, lifetime);
            foreach (var half in path.Halves)
            {
                var targets = settings.Targets.Where(target => target.Family == half.Family).ToList();
                if (targets.Count == 0 || path.Device is null)
                {
                    continue;
                }
                try
                {
                    var probe = new IcmpProbe(half.Family, path.Device, mark, (ulong)(half.Family == IpFamily.V4 ? seeds.Item1 : seeds.Item2), time);
                    probes.Add(probe);
                    running.Add(RunAsync(probe, half.Family, targets, settings.Every * seeds.Item3));
                }
                catch (SocketException refused)
                {
                    // Without a socket there is no probing; the link's own word has to do, and the fault is shown.
                    Fault = $"cannot open an ICMP socket on {path.Device}: {refused.Message}; the daemon needs CAP_NET_RAW";
                }
            }
        }

        public Path Path { get; set; }

        public ProbeEstimates Estimates { get; }

        public string? Fault { get; private set; }

        public bool IsOf(Path path) => path.Device == Path.Device && path.DeviceIndex == Path.DeviceIndex
            && path.Halves.Select(half => (half.Family, half.Locators)).SequenceEqual(Path.Halves.Select(half => (half.Family, half.Locators)));

        public List<KeyValuePair<string, Measured>> Values(DateTimeOffset now)
        {
            lock (gate)
            {
                return [.. Estimates.Values(now)];
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            foreach (var probe in probes)
            {
                probe.Dispose();
            }
            await Task.WhenAll(running);
            stop.Dispose();
        }

        private async Task RunAsync(IProbe probe, IpFamily family, List<IpAddress> targets, TimeSpan first)
        {
            var rounds = new HashSet<Task>();
            try
            {
                // Paths that come up together are not probed in step.
                await Task.Delay(first, time, stop.Token);
                using var timer = new PeriodicTimer(settings.Every, time);
                do
                {
                    rounds.RemoveWhere(round => round.IsCompleted);
                    // A round may take longer than the time to the next one: they overlap. Each handles its own failures.
                    rounds.Add(RoundAsync(probe, family, targets));
                }
                while (await timer.WaitForNextTickAsync(stop.Token));
            }
            catch (OperationCanceledException)
            {
                // Stopped.
            }
            finally
            {
                await Task.WhenAll(rounds);
            }
        }

        private async Task RoundAsync(IProbe probe, IpFamily family, List<IpAddress> targets)
        {
            try
            {
                TimeSpan timeout;
                lock (gate)
                {
                    // Half an interval, so that three silent rounds are told within 3.5 intervals; more only where the path itself is slower.
                    timeout = Clamp(Estimates.Timeout ?? TimeSpan.FromSeconds(1), settings.Every / 2, TimeSpan.FromSeconds(3));
                }
                var answers = 0;
                await Task.WhenAll(targets.Select(async target =>
                {
                    var result = await probe.ProbeAsync(target, timeout, stop.Token);
                    lock (gate)
                    {
                        answers += result.IsAnswered ? 1 : 0;
                        Fault = result.Fault ?? (result.IsAnswered ? null : Fault);
                        Estimates.Add(result);
                    }
                }));
                lock (gate)
                {
                    Estimates.AddRound(family, answers, Math.Min(settings.Need, targets.Count));
                }
                changed();
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                // Stopped in the middle of a round: it counts for nothing.
            }
        }

        private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? (most > least ? most : least) : value;
    }
}
