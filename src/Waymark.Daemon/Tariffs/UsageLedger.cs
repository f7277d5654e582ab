using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathExamination;
using Waymark.Nodes;
using Waymark.Paths;
using Waymark.Tariffs;

namespace Waymark.Daemon.Tariffs;

/// <summary>
/// Counts what paths with a tariff or a quota carry, and keeps it: the wall around <see cref="Bookkeeping"/>. While there is such a path its device's counters are read within each second, and what has
/// changed is on the disk before the next reading; while there is none nothing is read. Where the disk is full counting goes on in memory.
/// </summary>
internal sealed class UsageLedger : IActivity, IDisposable
{
    /// <summary>Between readings. What goes uncounted where the power fails is what came since the last one that was kept: less than a second, with what reading and writing take.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(800);

    private readonly StateStore store;
    private readonly TimeProvider time;
    private readonly ILogger<UsageLedger> log;
    /// <summary>Held while counters are read and the disk is written, in that order and by one at a time; before <see cref="gate"/>.</summary>
    private readonly Lock writing = new();

    /// <summary>Held for moments: a path that goes waits for no disk, and for no other program that holds the kernel's links.</summary>
    private readonly Lock gate = new();
    private readonly ManualResetEventSlim work = new();
    private NodeFile node = NodeFile.Default;
    private EquatableArray<CountedPath> counted = [];
    private LedgerState state;
    private LedgerState kept;
    private bool isStoreBroken;
    private volatile Dictionary<string, ToldTariff> told = new(StringComparer.Ordinal);

    /// <summary>Goes on from what was kept. Throws <see cref="StoreException"/>.</summary>
    public UsageLedger(StateStore store, TimeProvider time, ILogger<UsageLedger> log)
    {
        (this.store, this.time, this.log) = (store, time, log);
        state = kept = store.Ledger();
    }

    /// <summary>Called when decisions should hear of another price or another volume left: without anything held.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>Counts these paths from now on, as the node file says; what they cost and have left is known when this returns.</summary>
    public void Follow(NodeFile file, PathSet paths)
    {
        lock (gate)
        {
            node = file;
            counted = file.Paths.Where(path => path is { IsCounted: true, IsIgnored: false })
                .Select(path => new CountedPath(path.Name, paths.Paths.FirstOrDefault(one => one.Name == path.Name)?.DeviceIndex ?? 0, MeterStanding.Meters(path.Tariff, path.Quotas).ToEquatableArray()))
                .ToEquatableArray();
            state = state with { Accounts = Bookkeeping.Open(state.Accounts, counted, time.GetUtcNow(), TimeZoneInfo.Local) };
            if (NeedsReading)
            {
                work.Set();
            }
            Tell();
        }
    }

    /// <summary>What decisions should know of a path, by the administrator's name for it: cost and quota; none where it has neither tiers nor a quota that counts.</summary>
    public IReadOnlyDictionary<string, Measured> Characteristics(string path) => told.TryGetValue(path, out var now) ? now.Values : FrozenDictionary<string, Measured>.Empty;

    /// <summary>How every meter stands, by path, in the order of the node file.</summary>
    public IReadOnlyList<MeterStanding> Standings()
    {
        lock (gate)
        {
            state = state with { Accounts = Bookkeeping.Open(state.Accounts, counted, time.GetUtcNow(), TimeZoneInfo.Local) };
            return node.Paths.SelectMany(Standings).ToList();
        }
    }

    /// <summary>
    /// Says how much a path has used in the period so far; is on the disk when this returns. Throws <see cref="RefusedException"/> where the path has no such meter or the period is not named and it has
    /// several, and <see cref="StoreException"/>; then nothing has changed.
    /// </summary>
    /// <param name="path">The administrator's name for the path.</param>
    /// <param name="unit">Of which period; null: of the only one.</param>
    /// <param name="used">Bytes.</param>
    /// <param name="requester">Who says so.</param>
    public MeterStanding SetUsed(string path, BillingUnit? unit, long used, string requester)
    {
        MeterStanding after;
        lock (writing)
        {
            var before = MeterChoice.Of(Standings(), path, unit);
            var next = Corrected();
            store.Keep(next);
            kept = next;
            lock (gate)
            {
                state = Corrected();
                Tell();
            }
            Log.UsedSet(log, requester, path, $"{before.Meter}", before.Used, used);
            after = Standings().First(one => one.Account.Path == path && one.Meter == before.Meter);

            // Only who holds the writing lock counts; another may open an account meanwhile.
            LedgerState Corrected()
            {
                lock (gate)
                {
                    return state with
                    {
                        Accounts = state.Accounts.Select(one => one.Path == path && one.Meter == before.Account.Meter ? one.SetUsed(used, before.Meter.Counts) : one).ToEquatableArray(),
                    };
                }
            }
        }
        Changed();
        return after;
    }

    /// <summary>Reads and keeps, until cancelled, and once more then. Throws <see cref="NetlinkException"/> where the kernel cannot be listened to at all.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(CancellationToken cancellationToken) =>
        // It waits in the kernel: a thread of its own.
        Task.Factory.StartNew(() => Run(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose() => work.Dispose();

    private bool NeedsReading => !state.Devices.IsEmpty || counted.Any(path => path.LinkIndex != 0);

    private void Run(CancellationToken cancellationToken)
    {
        using var wake = new WakeSignal();
        using var registration = cancellationToken.Register(wake.Set);
        CounterWatch? watch = null;
        try
        {
            while (true)
            {
                if (watch is null)
                {
                    work.Wait(cancellationToken);
                }
                watch ??= new(CounterLife.Now());
                var isLast = cancellationToken.IsCancellationRequested;
                if (Read(watch) && !isLast)
                {
                    Changed();
                }
                if (isLast)
                {
                    return;
                }
                watch.Listen(Interval, wake, Hear);
                watch = Rest(watch);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop while there was nothing to count.
        }
        finally
        {
            watch?.Dispose();
        }
    }

    /// <summary>Stops listening where nothing is counted any more.</summary>
    private CounterWatch? Rest(CounterWatch watch)
    {
        lock (gate)
        {
            if (NeedsReading)
            {
                return watch;
            }
            work.Reset();
        }
        watch.Dispose();
        return null;
    }

    private bool Read(CounterWatch watch)
    {
        lock (writing)
        {
            LedgerReading reading;
            try
            {
                reading = watch.Read(Links());
            }
            catch (NetlinkException refused)
            {
                // The counters go on in the kernel: the next reading tells what this one would have.
                Log.CountersRefused(log, refused.Message);
                return false;
            }
            return Take((before, paths, now) => Bookkeeping.Read(before, reading, paths, now, TimeZoneInfo.Local));
        }
    }

    private void Hear(DeviceCounters told, bool isLast)
    {
        bool matters;
        lock (writing)
        {
            // Links may tell of themselves in swarms: only what no reading will tell again is written at once.
            matters = Take((before, paths, now) => isLast
                ? Bookkeeping.Gone(before, told, paths, now, TimeZoneInfo.Local)
                : Bookkeeping.Hear(before, told, paths, now, TimeZoneInfo.Local), isKept: isLast);
        }
        if (matters)
        {
            Changed();
        }
    }

    private List<int> Links()
    {
        lock (gate)
        {
            return counted.Select(path => path.LinkIndex).Where(index => index != 0).Union(state.Devices.Select(one => one.Key.LinkIndex)).ToList();
        }
    }

    private bool Take(Func<LedgerState, EquatableArray<CountedPath>, DateTimeOffset, LedgerState> count, bool isKept = true)
    {
        bool matters;
        LedgerState next;
        lock (gate)
        {
            state = next = count(state, counted, time.GetUtcNow());
            matters = Tell();
        }
        if (isKept)
        {
            Keep(next);
        }
        return matters;
    }

    private void Keep(LedgerState next)
    {
        if (next == kept)
        {
            return;
        }
        try
        {
            store.Keep(next);
            kept = next;
            if (isStoreBroken)
            {
                isStoreBroken = false;
                Log.LedgerKeptAgain(log);
            }
        }
        catch (StoreException failed)
        {
            // Counting goes on in memory, and each reading tries again: said once, not each second.
            if (!isStoreBroken)
            {
                isStoreBroken = true;
                Log.LedgerNotKept(log, failed.Message);
            }
        }
    }

    /// <summary>Makes what decisions see of now, where it differs enough from what they have seen.</summary>
    private bool Tell()
    {
        var now = time.GetUtcNow();
        var next = new Dictionary<string, ToldTariff>(StringComparer.Ordinal);
        var matters = false;
        foreach (var path in counted)
        {
            var was = told.GetValueOrDefault(path.Name);
            var tariff = TariffNow.Of(Standings(node.Paths.First(one => one.Name == path.Name)));
            var isNew = was is null || tariff.Matters(was.Tariff);
            matters |= isNew;
            next[path.Name] = new(isNew ? tariff : was!.Tariff, now);
        }
        matters |= told.Keys.Any(path => !next.ContainsKey(path));
        told = next;
        return matters;
    }

    private IEnumerable<MeterStanding> Standings(PathDeclaration path) => MeterStanding.Of(path.Tariff, path.Quotas, state.Accounts.Where(account => account.Path == path.Name));
}
