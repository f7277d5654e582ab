using System.Runtime.InteropServices;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>Regions on their way through rules, by the state that they are in.</summary>
internal sealed class Flowing
{
    private readonly Dictionary<MachineState, (List<RegionGroup> Groups, List<Region> Single)> states = [];

    /// <summary>How many states there are.</summary>
    public int Count => states.Count;

    /// <summary>How many regions there are in all.</summary>
    public int Regions => States.Sum(one => one.Groups.Sum(group => group.Regions.Count));

    /// <summary>Each state with the regions that are in it.</summary>
    public IEnumerable<(MachineState State, IReadOnlyList<RegionGroup> Groups)> States
    {
        get
        {
            foreach (var (state, lists) in states)
            {
                yield return (state, Whole(lists));
            }
        }
    }

    /// <summary>Adds a region.</summary>
    public void Add(MachineState state, Region region)
    {
        var single = Of(state).Single;
        // Two ways to the same place.
        if (single.Count == 0 || single[^1] != region)
        {
            single.Add(region);
        }
    }

    /// <summary>Adds regions that stay together.</summary>
    public void Add(MachineState state, RegionGroup group)
    {
        var groups = Of(state).Groups;
        if (groups.Count == 0 || groups[^1] != group)
        {
            groups.Add(group);
        }
    }

    /// <summary>Adds all of others.</summary>
    public void Add(Flowing others)
    {
        foreach (var (state, groups) in others.States)
        {
            foreach (var group in groups)
            {
                Add(state, group);
            }
        }
    }

    /// <summary>The same with one group a state.</summary>
    public Flowing Together()
    {
        var together = new Flowing();
        foreach (var (state, groups) in States)
        {
            together.Add(state, groups is [var only] ? only : new([.. groups.SelectMany(group => group.Regions)]));
        }
        return together;
    }

    private (List<RegionGroup> Groups, List<Region> Single) Of(MachineState state)
    {
        ref var lists = ref CollectionsMarshal.GetValueRefOrAddDefault(states, state, out var isThere);
        return isThere ? lists : lists = ([], []);
    }

    private static List<RegionGroup> Whole((List<RegionGroup> Groups, List<Region> Single) lists)
    {
        if (lists.Single.Count > 0)
        {
            lists.Groups.Add(new([.. lists.Single]));
            lists.Single.Clear();
        }
        return lists.Groups;
    }
}

/// <summary>How regions come out of a chain.</summary>
/// <param name="Accepted">A verdict lets them pass the base chain.</param>
/// <param name="Returned">They go on behind the call.</param>
/// <param name="Refused">Their way has ended.</param>
internal sealed record Passage(Flowing Accepted, Flowing Returned, Flowing Refused)
{
    /// <summary>Nothing yet.</summary>
    public Passage()
        : this(new(), new(), new())
    {
    }

    /// <summary>How many regions there are in all.</summary>
    public int Regions => Accepted.Regions + Returned.Regions + Refused.Regions;

    /// <summary>The same with one group a state.</summary>
    public Passage Together() => new(Accepted.Together(), Returned.Together(), Refused.Together());
}
