using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon.Loop;
using Waymark.Linux.PathMaintenance;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;
using World = Waymark.SystemTests.FilterRuleInstallation.World;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// The node of a <see cref="World"/> under the real reconcile loop, data plane and IP maintainer, without the daemon's process and store around them: what they do
/// can be stopped at any point of theirs.
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly KernelDataPlane dataPlane;
    private readonly List<Task> running = [];

    /// <summary>Starts it; it decides once every maintainer has spoken.</summary>
    /// <param name="world">Where.</param>
    /// <param name="policies">In the policy language.</param>
    /// <param name="faultPoint">As the installer's.</param>
    /// <param name="others">Maintainers beside that of plain IP.</param>
    public RunningNode(World world, string policies, Action<int>? faultPoint = null, params IPathMaintainer[] others)
        : this(world, policies, faultPoint, IpPathOptions.Default, others)
    {
    }

    /// <summary>As above, with what the node file says of interfaces, and whether paths that fall again and again are held down, as they are by default.</summary>
    public RunningNode(World world, string policies, Action<int>? faultPoint, IpPathOptions interfaces, IPathMaintainer[] others, bool isHeldDown = false)
    {
        var file = NodeFile.Default with
        {
            Forward = new(["l0"], Masquerade: true),
            // A path that is held down after its second fall would spare the test all the others.
            HoldDown = isHeldDown ? NodeFile.Default.HoldDown : NodeFile.Default.HoldDown with { Penalty = 0 },
        };
        dataPlane = world.Node.Run(() => new KernelDataPlane(() => file, TimeProvider.System, NullLogger<KernelDataPlane>.Instance, faultPoint));
        Loop = new(dataPlane, new(TimeProvider.System), _ => { }, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        Loop.Post(inputs => inputs with { Node = file, Sets = [Set(policies)] });
        running.Add(Task.Run(() => Loop.RunAsync(stop.Token)));
        IPathMaintainer[] maintainers = [new IpPathMaintainer(interfaces, () => Loop.Post(inputs => inputs with { Stirs = inputs.Stirs + 1 })), .. others];
        var gathering = new PathGathering([.. maintainers.Select(one => one.Protocol)], Loop.PostPaths);
        foreach (var maintainer in maintainers)
        {
            var paths = world.Node.Run(() =>
            {
                var all = maintainer.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
                // The first step opens the sockets: here, in the node.
                return (All: all, First: all.MoveNextAsync().AsTask());
            });
            running.Add(Follow(paths.All, paths.First, set => gathering.Put(maintainer.Protocol, set)));
        }
    }

    public ReconcileLoop Loop { get; }

    /// <summary>What a maintainer or the loop has failed with, although neither may.</summary>
    public IEnumerable<Exception> Failures => running.Where(one => one.IsFaulted).Select(one => one.Exception!);

    /// <summary>Puts other policies in the place of those there are.</summary>
    public void Say(string policies) => Loop.Post(inputs => inputs with { Sets = [Set(policies)] });

    /// <summary>Waits until the loop has decided on what it knows and <paramref name="condition"/> holds; fails after 15 s.</summary>
    public async Task Until(Func<Snapshot, bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = TimeSpan.FromSeconds(15) - Stopwatch.GetElapsedTime(started);
            // A loop that has failed answers nobody.
            var settled = Loop.SettleAsync(TestContext.Current.CancellationToken);
            await Task.WhenAny(settled, Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TestContext.Current.CancellationToken));
            Assert.True(settled.IsCompletedSuccessfully,
                $"not in 15 s: {what}; {Loop.Current.Kernel}; {string.Join(", ", Loop.Current.World.Paths.Paths.Select(path => path.Id))}; {string.Join('\n', Failures)}");
            if (condition(await settled))
            {
                return;
            }
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until the kernel enforces the decision and the path is up in both families.</summary>
    public Task UntilUp(PathId path) => Until(
        now => now.Kernel.State == KernelState.InStep && now.World.Paths.Find(path) is { HasCarrier: true, Halves.Count: 2 }, $"{path} is up");

    /// <summary>Waits until the kernel holds exactly what was decided, all of it read back; fails after 15 s.</summary>
    public Task UntilWhole() => Until(now => now.Kernel.State == KernelState.InStep && dataPlane.IsWhole(), "the kernel is as decided");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        foreach (var one in running)
        {
            try
            {
                await one;
            }
            catch (OperationCanceledException)
            {
                // Told to stop.
            }
        }
        Loop.Dispose();
        dataPlane.Dispose();
        stop.Dispose();
    }

    private static async Task Follow(IAsyncEnumerator<PathSet> paths, Task<bool> first, Action<PathSet> put)
    {
        try
        {
            for (var there = await first; there; there = await paths.MoveNextAsync())
            {
                put(paths.Current);
            }
        }
        finally
        {
            await paths.DisposeAsync();
        }
    }

    private static AcceptedPolicySet Set(string policies)
    {
        var parse = PolicyLanguage.Parse(Encoding.UTF8.GetBytes(policies), "test.way");
        return new(new("root", 0), "test.way", parse.Set ?? throw new ArgumentException(string.Join('\n', parse.Diagnostics)), TimeProvider.System.GetUtcNow(), []);
    }
}
