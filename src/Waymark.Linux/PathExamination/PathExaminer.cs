using Waymark.Flows;
using Waymark.Linux.PathExamination.BfdSessions;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Module B (paper 5.2), I/O half: probes every path in every family that it carries, each on its own clock, so that the time to see a failure does not depend on how
/// many paths or targets there are. Gives whole snapshots; transitions are never held back here.
/// </summary>
public sealed class PathExaminer : IAsyncDisposable
{
    /// <summary>How old a measurement may become before it is told, where it says something new: claims about delay and loss rest on many of them anyhow.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(200);

    /// <summary>The same where it does not.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly PathExaminerOptions options;
    private readonly TimeProvider time;
    private readonly Action<CharacteristicsSet> publish;
    private readonly Random random;
    private readonly Lock gate = new();
    private readonly SortedDictionary<PathId, ExaminedPath> examined = [];
    private readonly Dictionary<PathId, PathCharacteristics> known = [];
    private readonly Dictionary<string, IReadOnlyDictionary<PathId, IReadOnlyList<KeyValuePair<string, Measured>>>> told = new(StringComparer.Ordinal);
    private readonly ITimer calm;
    private bool isCalming;
    private TimeSpan wholeAt;
    private readonly HashSet<Task> endings = [];

    /// <summary>Starts with no path.</summary>
    /// <param name="options">What is configured.</param>
    /// <param name="publish">Gets each new snapshot, in order, never two at a time; must be quick, and must not call back.</param>
    /// <param name="thread">On which probes are sent, answers taken in and paths judged; ended after this.</param>
    /// <param name="seed">Of identifiers and of the spread of first probes.</param>
    public PathExaminer(PathExaminerOptions options, Action<CharacteristicsSet> publish, PacketThread thread, int seed)
    {
        this.options = options with
        {
            Kinds = options.Kinds ?? ProbeKinds.All(thread),
            LivenessKinds = options.LivenessKinds ?? [new BfdLivenessKind(thread)],
        };
        (this.publish, this.time) = (publish, thread);
        calm = thread.CreateTimer(_ => PublishStale(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Spread and identifiers only; nothing is kept secret by it.
#pragma warning disable CA5394
        random = new(seed);
#pragma warning restore CA5394
    }

    /// <summary>Why probes of a path could not be sent; a path of which all could is not in it.</summary>
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
    /// Examines these paths from now on. What is known of a path stays while it leads by the same device and network. Sockets are opened on the calling thread, in its
    /// network namespace.
    /// </summary>
    public void Examine(PathSet paths)
    {
        lock (gate)
        {
            foreach (var gone in examined.Keys.Where(id => paths.Find(id) is null).ToList())
            {
                End(gone);
            }
            foreach (var path in paths.Paths)
            {
                if (examined.TryGetValue(path.Id, out var now) && now.Path.DeviceIndex != path.DeviceIndex)
                {
                    // Another device under the same name: nothing that was known is true of it.
                    End(path.Id);
                    now = null;
                }
                if (now is null)
                {
                    examined.Add(path.Id, now = new(options, path, random, time, Publish));
                }
                now.Follow(path, options.Of(path));
                Describe(now);
            }
            PublishAll();
        }
    }

    /// <summary>Says anew what is known of every path: what is configured of one says something else.</summary>
    public void Refresh()
    {
        lock (gate)
        {
            foreach (var one in examined.Values)
            {
                Describe(one);
            }
            PublishAll();
        }
    }

    /// <summary>
    /// Takes in what a protocol measures anyway (a subflow's round trip, an association's retransmissions). A path that is not examined is passed over.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="stream">What tells its samples from others of the path: the connection.</param>
    /// <param name="source">What measured it: <c>mptcp</c>.</param>
    /// <param name="sample">The sample.</param>
    public void Observe(PathId path, string stream, string source, ProbeResult sample)
    {
        ExaminedPath? one;
        lock (gate)
        {
            examined.TryGetValue(path, out one);
        }
        if (one is not null)
        {
            one.Observe(stream, source, sample);
            Publish(one, isUrgent: false);
        }
    }

    /// <summary>
    /// Takes in that real traffic was answered over a path: that is life, and ends a silence as a probe's answer does; while it goes on, probes are sent less
    /// often. Once an interval of the path's probes is often enough. A path that is not examined is passed over.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="family">The family of the packets.</param>
    /// <param name="at">When, not in the future: a silence that began later goes on.</param>
    public void Heard(PathId path, IpFamily family, DateTimeOffset at)
    {
        lock (gate)
        {
            if (examined.TryGetValue(path, out var one))
            {
                one.Hear(family, time.GetUtcNow() - at);
            }
        }
    }

    /// <summary>
    /// Takes in all that somebody else knows of paths, in the place of what the same one told before; of several values of a characteristic one is chosen by
    /// <see cref="CharacteristicSources"/>. A path that is not examined is passed over.
    /// </summary>
    /// <param name="teller">Who tells.</param>
    /// <param name="values">What it knows now of each path; values that have become too old are for it to leave out.</param>
    public void Tell(string teller, IReadOnlyDictionary<PathId, IReadOnlyList<KeyValuePair<string, Measured>>> values)
    {
        lock (gate)
        {
            told[teller] = values;
            Refresh();
        }
    }

    /// <summary>Takes bytes from a path's probe budget, for probes that the examiner does not send itself (a packet train); false: do not send them. All or none.</summary>
    /// <param name="path">The path.</param>
    /// <param name="bytes">Of IP packets both ways together, from 0.</param>
    public bool TryTake(PathId path, int bytes)
    {
        lock (gate)
        {
            return examined.TryGetValue(path, out var one) && one.TryTake(bytes);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> ending;
        lock (gate)
        {
            foreach (var id in examined.Keys.ToList())
            {
                End(id);
            }
            ending = [.. endings];
        }
        await calm.DisposeAsync();
        await Task.WhenAll(ending);
    }

    private void End(PathId id)
    {
        examined.Remove(id, out var one);
        known.Remove(id);
        endings.RemoveWhere(task => task.IsCompleted);
        endings.Add(one!.DisposeAsync().AsTask());
    }

    /// <summary>
    /// A path that came up or went down is told of at once. What else was measured is told of together, <see cref="Calm"/> after the first of it, or once a <see cref="Rest"/> where it says
    /// nothing new: with 64 paths probed every 50 ms whoever decides would otherwise be asked 1,280 times a second about numbers that hardly differ.
    /// </summary>
    private void Publish(ExaminedPath one, bool isUrgent)
    {
        // It is set back before what is told of is read.
        if (!isUrgent && one.IsStale)
        {
            return;
        }
        lock (gate)
        {
            // A round that ended together with its path says nothing any more.
            if (!examined.TryGetValue(one.Path.Id, out var now) || now != one)
            {
                return;
            }
            if (!isUrgent)
            {
                one.IsStale = true;
                Calming(isWanted: true);
                return;
            }
            if (one.TakeFaultChange())
            {
                options.FaultChanged(one.Path.Id, one.Fault);
            }
            foreach (var (family, text) in one.TakeFindingChanges())
            {
                options.FindingChanged(one.Path.Id, family, text);
            }
            Describe(one);
            PublishAll();
        }
    }

    private void PublishStale()
    {
        lock (gate)
        {
            var (now, at) = (time.GetElapsedTime(0), time.GetUtcNow());
            var isWhole = now - wholeAt >= Rest;
            wholeAt = isWhole ? now : wholeAt;
            var (isAny, isLeft) = (false, false);
            foreach (var one in examined.Values)
            {
                var isTold = one.IsStale && (isWhole || one.IsNoticeable(at));
                isLeft |= one.IsStale && !isTold;
                if (isTold)
                {
                    isAny = true;
                    Describe(one);
                }
            }
            isCalming = false;
            Calming(isLeft);
            if (isAny)
            {
                PublishAll();
            }
        }
    }

    private void Calming(bool isWanted)
    {
        if (isWanted && !isCalming)
        {
            isCalming = true;
            calm.Change(Calm, Timeout.InfiniteTimeSpan);
        }
    }

    private void PublishAll() => publish(new(known.Values));

    private void Describe(ExaminedPath one)
    {
        one.IsStale = false;
        var (id, now) = (one.Path.Id, time.GetUtcNow());
        var values = told.Values.Select(from => from.GetValueOrDefault(id) ?? []).Aggregate(one.Values(now, options.Ranks()).Concat(options.Configured(one.Path)), Enumerable.Concat);
        var all = PathCharacteristics.Of(id, CharacteristicSources.Merge(values));
        known[id] = one.Degradation.Update(options.Of(one.Path), one.Path, all, now) is { } degraded && !all.TryGet("degraded", out _)
            ? PathCharacteristics.Of(id, all.Values.Append(new("degraded", degraded)))
            : all;
    }
}
