using Waymark.ConditionDecision;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// A decision and what the next one can go on from: <see cref="Next"/> looks only at what changed since, and gives exactly what <see cref="PathResolution.Decide"/> gives for the same world. Immutable: any number of
/// worlds may be decided from one state, by several threads at once.
/// </summary>
public sealed class DecisionState
{
    /// <summary>Sets of paths are bits of one word where changes are followed; with more paths everything is decided each time.</summary>
    internal const int MostPaths = 64;

    internal DecisionState(World world, Decision decision, DecisionEffort effort, DecisionParts parts) => (World, Decision, Effort, Parts) = (world, decision, effort, parts);

    /// <summary>What was decided from.</summary>
    public World World { get; }

    /// <summary>What was decided.</summary>
    public Decision Decision { get; }

    /// <summary>What it took.</summary>
    public DecisionEffort Effort { get; }

    /// <summary>What it was put together from.</summary>
    internal DecisionParts Parts { get; }

    /// <summary>Decides with nothing to go on from. Never throws for anything that requesters or paths can bring about.</summary>
    public static DecisionState Start(World world) => new DecisionRound(null, world).Decide();

    /// <summary>
    /// Decides another world. Where it is not the one after this, for its memory is another, its clock was set back or its settings changed, that is a <see cref="Start"/>.
    /// </summary>
    public DecisionState Next(World world) => new DecisionRound(IsFollowedBy(world) ? this : null, world).Decide();

    private bool IsFollowedBy(World world) =>
        ReferenceEquals(world.Previous, Decision.Next) && world.Now >= World.Now && world.Settings == World.Settings && world.Paths.Paths.Count <= MostPaths && World.Paths.Paths.Count <= MostPaths;
}

/// <summary>What a decision is put together from, and the next one goes on from.</summary>
/// <param name="Plan">What follows from the policies alone.</param>
/// <param name="Paths">The paths as that decision saw them.</param>
/// <param name="Regions">The regions of their scopes.</param>
/// <param name="IsHeldDown">Which of them have been flapping, by index.</param>
/// <param name="Conditions">By index, as in <see cref="PolicyPlan.Conditions"/>.</param>
/// <param name="Classes">Those that are in force, by index of class and, within it, of region; null: the others.</param>
/// <param name="Facts">The facts that they rest on.</param>
/// <param name="Outline">What policies became.</param>
/// <param name="Order">The classes in force by number.</param>
/// <param name="Holds">What is waited for.</param>
/// <param name="ReviewAt">The earliest instant that a class or a condition waits for; null: none does.</param>
/// <param name="Unsettled">Where those classes stand that may move once more although nothing changes.</param>
internal sealed record DecisionParts(
    PolicyPlan Plan,
    IReadOnlyList<PathState> Paths,
    IReadOnlyList<ScopeRegion> Regions,
    bool[] IsHeldDown,
    ConditionEntry[] Conditions,
    ClassEntry?[] Classes,
    RankingFacts Facts,
    PolicyOutline Outline,
    ResolvedPlace[] Order,
    HoldLedger Holds,
    DateTimeOffset? ReviewAt,
    IReadOnlyList<ClassPlace> Unsettled);

/// <summary>A condition as it was last evaluated.</summary>
/// <param name="Truth">Whether it holds.</param>
/// <param name="Waiting">What it owes to time.</param>
internal readonly record struct ConditionEntry(Truth Truth, Waiting Waiting);
