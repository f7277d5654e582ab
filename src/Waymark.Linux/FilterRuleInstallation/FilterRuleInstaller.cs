using System.Collections.Concurrent;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Module G of the framework for plain IP paths on Linux: brings what was encoded into the kernel. Whole sets go in; what is there already is left alone.
/// Whatever happens between two calls of the kernel, also our death, what stands there is safe: it is the old rules or the new ones, and at worst more routes than
/// needed. The kernel's state outlives us and is adopted by the next installer.
/// </summary>
/// <remarks>
/// Works in the network namespace of the thread that made it. Calls wait for each other, but for <see cref="KillPath"/>, which comes between the transactions of another.
/// What it refuses to do: touch anything outside the <see cref="Territory"/>; flush connection tracking; read large maps back when nothing has changed.
/// </remarks>
public sealed partial class FilterRuleInstaller : IDisposable
{
    private readonly Lock gate = new();
    private readonly ConcurrentQueue<LostPath> lost = [];

    /// <summary>Paths that were closed, with the number of the loss, until a set comes that counts it in.</summary>
    private readonly Dictionary<PathId, ulong> closed = [];
    private readonly Territory territory;
    private readonly TimeProvider time;
    private readonly Action<int>? faultPoint;
    private readonly NftablesSocket nftables = new();
    private readonly NftablesSocket questions = new();
    private readonly Lock asking = new();
    private readonly RoutingSocket routing = new();
    private readonly RouteInstallation routes;
    private readonly ReversePathInstallation reversePath;
    private readonly FlowReset resets;
    private readonly PinnedFlows flows;
    private readonly Lock counting = new();
    private readonly RepairLimit repairs;
    private readonly bool isForgiving = Environment.OSVersion.Version >= new Version(6, 3);

    private NftablesTable? installed;
    private EncodedRuleSet? applied;
    private ulong counted;
    private uint generation;
    private bool isOwner;
    private bool isProtected;
    private bool isStale;

    /// <summary>A generation that no connection bears; 0: not known of any.</summary>
    private int clean;
    private int step;

    /// <summary>Opens its sockets and reads nothing yet. Throws <see cref="NetlinkException"/>.</summary>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="time">Lifetimes count by it.</param>
    /// <param name="faultPoint">Called with a running number between every two changes of the kernel; what it throws ends the work there. For tests of dying.</param>
    public FilterRuleInstaller(Territory territory, TimeProvider time, Action<int>? faultPoint = null)
    {
        territory.Check();
        (this.territory, this.time, this.faultPoint) = (territory, time, faultPoint);
        (routes, reversePath) = (new(routing, territory, Pass), new(routing, Pass));
        (resets, flows, repairs) = (new(territory, Pass), new(territory), new(time));
    }

    /// <summary>Reads what an earlier life left in the kernel; gives what the next encoding must know. Changes nothing. Throws <see cref="NetlinkException"/>.</summary>
    public EncoderMemory Adopt()
    {
        lock (gate)
        {
            Read();
            return InstallerMemory.Of(installed);
        }
    }

    /// <summary>
    /// Makes the kernel hold exactly <paramref name="wanted"/>. Throws <see cref="NetlinkException"/> where the kernel refuses something: then the old rules are in force or the
    /// new ones, and the next encoding must start from what <see cref="Adopt"/> gives. Throws <see cref="ArgumentException"/> where it did not, and selectors that differ would
    /// pass for those in force.
    /// </summary>
    /// <param name="wanted">What shall be.</param>
    /// <param name="losses">How many losses of paths it counts in: what <see cref="KillPath"/> closed for a later one stays closed, also where it is closed in the middle of this.</param>
    public InstallReport Apply(EncodedRuleSet wanted, ulong losses = ulong.MaxValue)
    {
        lock (gate)
        {
            counted = losses;
            foreach (var (path, _) in closed.Where(one => one.Value <= losses))
            {
                closed.Remove(path);
            }
            return wanted == applied && !HasDrifted(wanted) ? new(IsChanged: false, [], 0) : Install(wanted);
        }
    }

    /// <summary>
    /// Puts back what others have changed or removed of the set applied last. Null where all is as it was, or where the last repair is too fresh: two programs
    /// must not fight. Throws <see cref="NetlinkException"/>.
    /// </summary>
    public InstallReport? Repair()
    {
        lock (gate)
        {
            return applied is { } wanted && HasDrifted(wanted) && repairs.TryTake() ? Install(wanted) : null;
        }
    }

    /// <summary>
    /// Whether the kernel holds exactly the set applied last. Reads all of it back, large maps too: for tests and people, not for the loop. Throws
    /// <see cref="NetlinkException"/>.
    /// </summary>
    public bool IsWhole()
    {
        lock (gate)
        {
            return applied is { } wanted && routes.IsInPlace(wanted)
                && nftables.Read(territory.Table, time.GetUtcNow()) is { } there && new TableChange(there, installed!, time.GetUtcNow()).IsEmpty;
        }
    }

    /// <summary>
    /// Ends flows that may not go on, also those that only a packet of theirs since has shown to be of a class that may not. For a second or two after an
    /// <see cref="Apply"/> that changed something, and in each full round. Gives how many. Throws <see cref="NetlinkException"/>.
    /// </summary>
    public int SweepFlows()
    {
        lock (gate)
        {
            return installed is null ? 0 : resets.Sweep(installed);
        }
    }

    /// <summary>
    /// A path is lost: refuses the next packet of each of its connections and sends new ones of the classes that used it to their backups, in one transaction that
    /// takes a few elements away. What follows are <see cref="ForgetFlows"/>, a new decision and <see cref="Apply"/>. A path that is not known is fine. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="loss">The number of the loss; each has a higher one than that before.</param>
    public void KillPath(PathId path, ulong loss = 0)
    {
        // Whoever is installing at the moment closes it between two of his transactions.
        var one = new LostPath(path, loss);
        lost.Enqueue(one);
        while (!one.IsDone)
        {
            if (gate.TryEnter(TimeSpan.FromMilliseconds(1)))
            {
                try
                {
                    CloseLostPaths();
                }
                finally
                {
                    gate.Exit();
                }
            }
        }
    }

    /// <summary>
    /// Forgets the datagram flows of a path that was lost, so that their next packet goes to their backup. Takes some milliseconds, for the kernel looks through its
    /// whole table of connections. Throws <see cref="NetlinkException"/>.
    /// </summary>
    public void ForgetFlows(PathId path)
    {
        lock (gate)
        {
            if (InstallerMemory.Of(installed).Paths.Of(path) is var number and > 0)
            {
                resets.Forget(number);
            }
        }
    }

    /// <summary>Removes everything of ours, whoever installed it. What is gone already is fine. Throws <see cref="NetlinkException"/>.</summary>
    public void Erase()
    {
        lock (gate)
        {
            step = 0;
            if (nftables.Has(territory.Table))
            {
                Own();
                reversePath.Restore(nftables.Read(territory.Table, time.GetUtcNow()));
                nftables.Commit(territory.Table, "remove the table", messages => messages.DeleteTable());
            }
            Pass();
            resets.ClearMarks();
            Pass();
            routes.Erase();
            (installed, applied, isOwner, isProtected) = (null, null, false, false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nftables.Dispose();
        questions.Dispose();
        routing.Dispose();
        reversePath.Dispose();
        resets.Dispose();
        flows.Dispose();
    }

    private void CloseLostPaths()
    {
        while (lost.TryDequeue(out var one))
        {
            closed[one.Path] = one.Loss;
            one.Close(Close);
        }
    }

    private void Close(PathId path)
    {
        var number = InstallerMemory.Of(installed).Paths.Of(path);
        if (installed is not { } table || number == 0)
        {
            return;
        }
        var loss = PathLoss.Of(table, number, territory);
        nftables.Commit(territory.Table, $"close path {path}", messages =>
        {
            foreach (var (set, elements) in loss.Taken)
            {
                messages.DeleteElements(set, elements, isForgiving);
            }
        });
        (installed, applied, generation) = (loss.After, null, nftables.Generation());
    }

    private InstallReport Install(EncodedRuleSet wanted)
    {
        if (installed is null || isStale || !IsUntouched)
        {
            Read();
        }
        step = 0;
        var was = InstallerMemory.Of(installed);
        if (was.Generation == wanted.Memory.Generation && was.Generation != 0 && was.Classification != wanted.Memory.Classification)
        {
            throw new ArgumentException($"Generation {was.Generation} is in force with another classification: encode with what {nameof(Adopt)} gives.", nameof(wanted));
        }
        if (installed is null)
        {
            // Marks of an earlier life would name other paths now. While there is no table nobody sets them.
            resets.ClearMarks();
            clean = wanted.Memory.Generation;
        }
        Own();
        var owned = step;
        var before = installed;
        var problems = new List<string>();
        var strict = reversePath.Strict(wanted);
        var table = reversePath.Remember(wanted.Table, installed, strict);
        routes.Add(wanted, problems);
        if (was.Generation != wanted.Memory.Generation)
        {
            Clean(wanted.Memory.Generation);
        }
        var isChanged = Switch(ref table);
        reversePath.Loosen(strict, problems);
        var reset = 0;
        if (isChanged)
        {
            reset = resets.AfterSwitch(before, table);
            Pass();
            // What comes next was in use two changes ago: done now, the next change does not wait for it.
            Clean((wanted.Memory.Generation % 3) + 1);
        }
        Pass();
        routes.Remove(wanted);
        applied = closed.Values.Any(loss => loss > counted) ? null : wanted;
        return new(isChanged || step > owned + 1, problems.ToEquatableArray(), reset);
    }

    /// <summary>
    /// Takes a generation that is not in force from the connections that still bear it: idle since it was, they would pass for classified once it is again. Rules that are
    /// not in force give it to nobody, so what is clean stays so until the switch, whatever fails or dies between.
    /// </summary>
    private void Clean(int generation)
    {
        if (clean != generation)
        {
            resets.ClearGeneration(generation);
            clean = generation;
            Pass();
        }
    }

    private bool HasDrifted(EncodedRuleSet wanted) => !IsUntouched || !routes.IsInPlace(wanted);

    /// <summary>Whether the table cannot have changed but by us: nobody else may, or nobody has changed any.</summary>
    private bool IsUntouched => isProtected || nftables.Generation() == generation;

    private void Read()
    {
        generation = nftables.Generation();
        installed = nftables.Read(territory.Table, time.GetUtcNow());
        (applied, isStale, clean) = (null, false, 0);
    }

    private bool Switch(ref NftablesTable wanted)
    {
        wanted = WithoutLost(wanted);
        var change = new TableChange(installed, wanted, time.GetUtcNow());
        if (change.IsEmpty)
        {
            return false;
        }
        // From here until the end the kernel may hold what no variable of ours says: whoever fails reads it again.
        isStale = true;
        foreach (var part in change.Preparation())
        {
            nftables.Commit(territory.Table, "prepare the filter rules", part);
            Pass();
            CloseLostPaths();
        }
        installed = change.After(installed);
        wanted = WithoutLost(wanted);
        change = new(installed, wanted, time.GetUtcNow());
        nftables.Commit(territory.Table, "switch to the new filter rules", messages => change.WriteSwitch(messages, isForgiving));
        (installed, generation, isStale) = (wanted, nftables.Generation(), false);
        Pass();
        return true;
    }

    /// <summary>The table without the paths that were lost after it was decided on: else it would open them again, and flows would go there until the next decision.</summary>
    private NftablesTable WithoutLost(NftablesTable wanted)
    {
        foreach (var (path, loss) in closed)
        {
            if (loss > counted && InstallerMemory.Of(wanted).Paths.Of(path) is var number and > 0)
            {
                wanted = PathLoss.Of(wanted, number, territory).After;
            }
        }
        return wanted;
    }

    /// <summary>Makes the table ours, as far as this kernel knows owners (6.9): others' flush spares it, and it stays when we are gone.</summary>
    private void Own()
    {
        if (isOwner)
        {
            return;
        }
        try
        {
            nftables.Commit(territory.Table, $"own the table {territory.Table}", messages => messages.AddTable(NftablesMessages.OwnedAndPersistent));
            isProtected = true;
        }
        catch (NetlinkException foreign) when (foreign.Error == NetlinkException.NotPermitted && nftables.Has(territory.Table))
        {
            throw new NetlinkException($"change the table {territory.Table}, which belongs to another running waymarkd (stop it first)", foreign.Error, foreign.Detail);
        }
        catch (NetlinkException old) when (old.Error is 95 or NetlinkException.Invalid)
        {
            // EOPNOTSUPP: a kernel without owners that persist, or a table made under one.
            nftables.Commit(territory.Table, $"make the table {territory.Table}", messages => messages.AddTable(0));
        }
        isOwner = true;
        generation = nftables.Generation();
        Pass();
    }

    private void Pass()
    {
        step++;
        faultPoint?.Invoke(step);
    }
}
