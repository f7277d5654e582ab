using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>
/// Decides again and again. Gives what <see cref="PathResolution.Decide"/> gives, sooner: where the same policies are elected as the last time and their classes
/// have numbers and paths as then, their rules and standings are the last ones, the very same objects. Not for use by two threads at once.
/// </summary>
public sealed class PathResolver
{
    private PolicyOutline? last;

    /// <summary>Decides. Never throws for anything that requesters or paths can bring about.</summary>
    public Decision Decide(World world)
    {
        var timers = new HoldTimers(world.Previous.TrueSince, world.Now);
        var claims = new ClaimEvaluation(world, timers);
        var penalties = FlapDamping.Update(world, claims, timers);
        var classes = new ClassResolution(world, claims, timers, penalties);
        var election = new PolicyElection(world, claims, timers);
        if (last is null || !last.Holds(world, election, classes))
        {
            last = new(world, election, classes);
        }
        if (last.NextEnd is { } end)
        {
            timers.Review(end);
        }
        var inForce = classes.InForce;
        return new()
        {
            FilterRules = new(last.Rules, inForce.Select(one => one.Class).ToEquatableArray()),
            Unresolved = last.UnresolvedBy(classes),
            Standings = last.Standings,
            Reasons = inForce.Select(one => one.Reason).ToEquatableArray(),
            Next = new()
            {
                TrueSince = timers.TrueSince,
                ClassNumbers = classes.Numbers,
                InUse = inForce.SelectMany(one => one.InUse).ToEquatableArray(),
                Penalties = penalties,
            },
            ReviewAt = timers.ReviewAt,
        };
    }
}
