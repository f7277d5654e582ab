using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waymark.ConditionDecision;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Metrics;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Daemon.Loop;

/// <summary>
/// The one consumer that owns change (design, "The loop"). Producers replace their part of the inputs and nudge; the loop decides, publishes, and has the kernel
/// changed where the filter rules or the paths differ. An apply that fails leaves the last good state and is tried again, less and less often.
/// </summary>
internal sealed partial class ReconcileLoop(IDataPlane dataPlane, EventStream events, Action<DecisionMemory> keep, Action<World, Decision> record, DecisionMemory memory, TimeProvider time, ILogger<ReconcileLoop> log)
    : IActivity, IDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>How often the kernel is compared with what was applied: others change it seldom, and each comparison reads a few maps.</summary>
    private static readonly TimeSpan RepairInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TidyDelay = TimeSpan.FromSeconds(2.25);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim nudge = new(0);
    private readonly List<(ulong Version, TaskCompletionSource<Snapshot> Settled)> waiting = [];
    private readonly SweepPace sweeps = new(TimeProvider.System);
    private Inputs inputs = new();
    private ulong version;
    private DecisionState? decided;
    private MergedPolicies merged = MergedPolicies.Empty;
    private EquatableArray<AcceptedPolicySet> mergedFrom = [];
    private (FilterRules.FilterRuleSet Rules, PathSet Paths)? applied;
    private DecisionMemory last = memory;
    private DecisionMemory kept = memory;
    private TimeSpan retry = FirstRetry;
    private DateTimeOffset? retryAt;
    private DateTimeOffset repairAt;
    private DateTimeOffset? tidyAt;
    private ulong stirs;
    private ulong followed;
    private (Inputs State, ulong Version, DateTimeOffset Due) taken;

    /// <summary>For how long other policies are gathered.</summary>
    internal PolicyGathering Gathering { get; init; } = new(TimeProvider.System);

    /// <summary>The last decision.</summary>
    public Snapshot Current { get; private set; } = Snapshot.None;

    /// <summary>The last post that the kernel has followed: it holds, or held then, what was decided with that and all before it. From any thread.</summary>
    public ulong Followed => Volatile.Read(ref followed);

    /// <summary>Replaces a part of the inputs. May be called from any thread; <paramref name="change"/> must be quick and change nothing else.</summary>
    /// <returns>The number of the post, from 1.</returns>
    public ulong Post(Func<Inputs, Inputs> change)
    {
        ulong posted;
        lock (gate)
        {
            inputs = change(inputs);
            posted = ++version;
        }
        nudge.Release();
        return posted;
    }

    /// <summary>
    /// Replaces the paths. One that has just lost its link is closed in the kernel here and now, before anything is decided and whatever the loop is busy with: its
    /// flows go over to their backups. Where there is no other path to go to, they wait for the link to come back. One caller at a time.
    /// </summary>
    public void PostPaths(PathSet paths)
    {
        var before = Inputs;
        List<PathId> lost = paths.Paths.Any(IsUsable)
            ? [.. before.Paths.Paths.Where(path => IsUsable(path) && paths.Find(path.Id) is not { HasCarrier: true }).Select(path => path.Id)]
            : [];
        var losses = before.Losses + (lost.Count > 0 ? 1u : 0);
        lost.ForEach(path => Close(path, one => dataPlane.Kill(one, losses)));
        // One may be back before the loop looks, and all be as it was: then it has to be opened again all the same.
        Post(inputs => inputs with { Paths = paths, IsReady = true, Stirs = inputs.Stirs + (ulong)lost.Count, Losses = losses });
        // While the loop decides.
        lost.ForEach(path => Close(path, dataPlane.ForgetFlows));

        static bool IsUsable(Paths.Path path) => path.HasCarrier && path.Halves.Count > 0;
    }

    /// <summary>Behind each decision that differs from the last, before the kernel is told, and behind each round, on the loop's own time: <see cref="Current"/> is what it came to. Who listens must be quick.</summary>
    public event Action? Rounded;

    /// <summary>The inputs at the moment.</summary>
    public Inputs Inputs
    {
        get
        {
            lock (gate)
            {
                return inputs;
            }
        }
    }

    /// <summary>The decision that counts everything posted so far, once it is taken and the kernel was asked to follow.</summary>
    public Task<Snapshot> SettleAsync(CancellationToken cancellationToken)
    {
        var settled = new TaskCompletionSource<Snapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            waiting.Add((version, settled));
        }
        nudge.Release();
        return settled.Task.WaitAsync(cancellationToken);
    }

    /// <summary>What a node file says of decisions.</summary>
    public static DecisionSettings SettingsOf(NodeFile node) =>
        new() { TimeZone = TimeZoneInfo.Local, HoldDown = node.HoldDown, Classes = Territory.Of(node).Classes };

    /// <summary>What would be decided with other sets, now; changes nothing.</summary>
    public (Snapshot Now, MergedPolicies Policies, Decision Then) Plan(Func<EquatableArray<AcceptedPolicySet>, EquatableArray<AcceptedPolicySet>> change)
    {
        var state = Inputs;
        var planned = PolicyMerge.Merge([.. change(state.Sets), .. state.PeerSets], state.Names, Current.World.Policies);
        return (Current, planned, Next(World(state, planned, time.GetUtcNow())).Decision);
    }

    /// <inheritdoc/>
    public void Dispose() => nudge.Dispose();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var due = Round();
                // For that nothing has to be decided.
                while (!await IsRoundDueAsync(due, cancellationToken))
                {
                    Sweep();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The kernel keeps what was applied: flows go on while the daemon is away.
            keep(last);
        }
    }

    /// <summary>Waits until the next round is due or nudged for, true, or flows have to be looked at before, false.</summary>
    private async ValueTask<bool> IsRoundDueAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        var left = sweeps.Left;
        if (left <= TimeSpan.Zero)
        {
            return false;
        }
        // Not longer than a repair waits, whatever has been done to the clock meanwhile.
        var wait = due - time.GetUtcNow();
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > RepairInterval ? RepairInterval : wait;
        var isNudged = await nudge.WaitAsync(left < wait ? left : wait, cancellationToken);
        // Nudges that came together are one; and one may come just behind the wait.
        while (nudge.Wait(0, CancellationToken.None))
        {
            isNudged = true;
        }
        return isNudged || wait <= left;
    }

    /// <summary>One round; gives when the next one is due without a nudge.</summary>
    private DateTimeOffset Round()
    {
        var now = time.GetUtcNow();
        var (state, counted) = Take(now);
        if (repairAt > now + RepairInterval || retryAt > now + LongestRetry)
        {
            // The clock was set back.
            (repairAt, retryAt, tidyAt) = (now, retryAt is null ? null : now, tidyAt is null ? null : now + TidyDelay);
        }
        if (!state.IsReady)
        {
            return now + RepairInterval;
        }
        var stopwatch = Stopwatch.GetTimestamp();
        var sets = state.AllSets;
        var isOtherPolicies = !AreSame(mergedFrom, sets) || !ReferenceEquals(merged.Names, state.Names);
        var (began, gathers) = (Gathering.Now, Gathering.Left);
        // What a node file says belongs to the policies that came with it.
        if (isOtherPolicies && gathers > TimeSpan.Zero && taken.State is { } earlier && ReferenceEquals(earlier.Node, state.Node))
        {
            if ((state with { Sets = earlier.Sets, PeerSets = earlier.PeerSets, Names = earlier.Names }) == earlier && taken.Due > now)
            {
                Settle(taken.Version);
                return Earliest(taken.Due, null, now + gathers);
            }
            // Something else happened: that is decided on with the policies that there were.
            (state, counted) = (state with { Sets = earlier.Sets, PeerSets = earlier.PeerSets, Names = earlier.Names }, taken.Version);
            isOtherPolicies = false;
        }
        if (isOtherPolicies)
        {
            (mergedFrom, merged) = (sets, PolicyMerge.Merge(sets, state.Names, merged));
            tidyAt = now + TidyDelay;
        }
        var world = World(state, merged, now);
        decided = Next(world);
        var decision = decided.Decision;
        last = decision.Next;
        var before = Current;
        var differs = before.Revision == 0 || before.Decision.FilterRules != decision.FilterRules || before.Decision.Unresolved != decision.Unresolved
            || before.Decision.Standings != decision.Standings;
        var isOther = applied is null || applied.Value.Rules != decision.FilterRules || applied.Value.Paths != world.Paths;
        // Other paths may be what mends it.
        var isApplied = isOther && (retryAt is null || retryAt <= now || differs || before.World.Paths != world.Paths);
        // Whoever looks meanwhile must not take the kernel's last word for one on this decision.
        Current = new(before.Revision + (differs ? 1u : 0), world, decision, before.Refused, isApplied && before.Kernel.State == KernelState.InStep ? before.Kernel with { State = KernelState.Pending } : before.Kernel);
        LoopInstruments.Decided(before, Current, decided.Effort, Stopwatch.GetElapsedTime(stopwatch));
        events.Watched(before, Current);
        if (differs)
        {
            events.Decided(before, Current, Stopwatch.GetElapsedTime(stopwatch));
            // What peers are asked for need not wait for the kernel of this node.
            Rounded?.Invoke();
        }
        if (isApplied)
        {
            Apply(stopwatch, state.Losses);
        }
        else if (isOther)
        {
            // It is tried again when its time has come.
        }
        else if (stirs != state.Stirs)
        {
            Renew(now, state.Losses);
        }
        else if (repairAt <= now)
        {
            Repair(now);
        }
        else if (tidyAt <= now)
        {
            Tidy();
        }
        stirs = state.Stirs;
        if (applied is not null)
        {
            Volatile.Write(ref followed, counted);
        }
        if (differs)
        {
            record(world, decision);
            KeepMemory(decision.Next);
        }
        Settle(counted);
        Rounded?.Invoke();
        var ends = state.Disabled.Select(one => one.Value).Concat(state.Outside.Select(one => one.Until)).Where(until => until > now).Min();
        var due = Earliest(Earliest(decision.ReviewAt, ends), Earliest(retryAt, tidyAt > now ? tidyAt : null), repairAt > now ? repairAt : now + RepairInterval);
        taken = (state, counted, due);
        if (isOtherPolicies)
        {
            Gathering.Begin(began);
        }
        return gathers > TimeSpan.Zero ? Earliest(due, null, now + gathers) : due;
    }

    /// <summary>The inputs of this moment and their version: what other programs said for a time that is over goes out of them here.</summary>
    private (Inputs State, ulong Version) Take(DateTimeOffset now)
    {
        List<OutsideValue> over = [];
        (Inputs State, ulong Version) taken;
        lock (gate)
        {
            if (inputs.Outside.Any(one => !one.Counts(now)))
            {
                over.AddRange(inputs.Outside.Where(one => !one.Counts(now)));
                inputs = inputs with { Outside = inputs.Outside.Where(one => one.Counts(now)).ToEquatableArray() };
            }
            taken = (inputs, version);
        }
        foreach (var one in over)
        {
            events.Outside(Exchange.Wire.V1.OutsideEventKind.Expired, one);
            Log.OutsideExpired(log, one.Requester, one.Name, one.Path);
        }
        return taken;
    }

    /// <summary>Gives back what reading and encoding a policy set took, three times what it leaves behind: without it a daemon whose policies
    /// rarely change would hold that until it ends.</summary>
    /// <remarks>Everything stands still meanwhile, about 20 ms with 10,000 policies: here, when nothing else is to be done, once a change of
    /// policies has come to rest.</remarks>
    private void Tidy()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        tidyAt = null;
    }

    private DecisionState Next(World world) => decided?.Next(world) ?? DecisionState.Start(world);

    private World World(Inputs state, MergedPolicies policies, DateTimeOffset now) => new()
    {
        Paths = state.Paths,
        Characteristics = OutsideCharacteristics.Join(state.Characteristics, state.Paths, state.Outside, state.Node, now),
        Policies = policies,
        Settings = SettingsOf(state.Node),
        ConnectedPeers = state.ConnectedPeers,
        Disabled = state.Disabled.Where(one => one.Value is null || one.Value > now).Select(one => one.Key).Order().ToEquatableArray(),
        Previous = last,
        Now = now,
    };

    private void KeepMemory(DecisionMemory memory)
    {
        // Class numbers have to outlive the daemon, for flows carry them; the rest only makes a new start smoother.
        if (memory.ClassNumbers != kept.ClassNumbers)
        {
            keep(memory);
            kept = memory;
        }
    }

    private void Settle(ulong counted)
    {
        List<TaskCompletionSource<Snapshot>> done;
        lock (gate)
        {
            done = [.. waiting.Where(one => one.Version <= counted).Select(one => one.Settled)];
            waiting.RemoveAll(one => one.Version <= counted);
        }
        foreach (var settled in done)
        {
            settled.TrySetResult(Current);
        }
    }

    /// <summary>Whether nothing is to be merged anew. A text of which only the lines have moved is equal, and yet another: what is told of it names its lines.</summary>
    private static bool AreSame(EquatableArray<AcceptedPolicySet> one, EquatableArray<AcceptedPolicySet> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => ReferenceEquals(pair.First.Set, pair.Second.Set) && pair.First == pair.Second);

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    private static DateTimeOffset Earliest(DateTimeOffset? a, DateTimeOffset? b, DateTimeOffset c) => Earliest(Earliest(a, b), c)!.Value;
}
