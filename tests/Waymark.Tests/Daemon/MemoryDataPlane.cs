using Waymark.Daemon.Loop;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Tests.Daemon;

/// <summary>A data plane that remembers what it was asked, and refuses or waits when told to.</summary>
internal sealed class MemoryDataPlane : IDataPlane
{
    private readonly Lock gate = new();
    private readonly List<string> calls = [];
    private int sweeps;

    /// <summary>What the next applies fail with, in order.</summary>
    public Queue<string> Refusals { get; } = [];

    /// <summary>Held while an apply shall not come to its end.</summary>
    public SemaphoreSlim Door { get; } = new(1000);

    /// <summary>The rules in force.</summary>
    public FilterRuleSet Rules { get; private set; } = FilterRuleSet.Empty;

    /// <summary>The number of the last loss.</summary>
    public ulong Lost { get; private set; }

    /// <summary>How many losses the last apply counted in.</summary>
    public ulong Counted { get; private set; }

    /// <summary>What was asked, in order: <c>apply N</c> with the number of rules, <c>renew N</c>, <c>kill PATH</c>, <c>forget PATH</c>.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    public IReadOnlyList<RefusedRule> Apply(FilterRuleSet rules, PathSet paths, ulong losses)
    {
        Counted = losses;
        Note($"apply {rules.Rules.Count}");
        Door.Wait(TimeSpan.FromSeconds(30));
        if (Refusals.TryDequeue(out var reason))
        {
            throw new NetlinkException(reason, 28, "");
        }
        Rules = rules;
        return [];
    }

    public void Kill(PathId path, ulong loss)
    {
        Lost = loss;
        Note($"kill {path.LocalId}");
    }

    public void ForgetFlows(PathId path) => Note($"forget {path.LocalId}");

    public bool Renew(FilterRuleSet rules, PathSet paths, ulong losses)
    {
        Note($"renew {rules.Rules.Count}");
        return true;
    }

    public IReadOnlyDictionary<PathId, int> CountFlows() => new Dictionary<PathId, int>();

    public IReadOnlyDictionary<FlowEnds, PathId> PathsOf(IReadOnlyCollection<FlowEnds> connections) => new Dictionary<FlowEnds, PathId>();

    public bool Repair() => false;

    /// <summary>How often flows were looked at.</summary>
    public int Sweeps => Volatile.Read(ref sweeps);

    public void Sweep() => Interlocked.Increment(ref sweeps);

    public IReadOnlyList<KernelPath> PathsOf(IReadOnlyList<Packet> packets, FilterRuleSet rules) => [.. packets.Select(_ => new KernelPath(0, FlowFate.LeftAlone, null, 0))];

    public void Dispose() => Door.Dispose();

    private void Note(string call)
    {
        lock (gate)
        {
            calls.Add(call);
        }
    }
}
