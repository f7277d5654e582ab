using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>
/// Flap damping (language, Meaning 5; after RFC 2439). Between two half-lives the penalty falls on a straight line instead of the exponential's curve: the same
/// at every half-life, never more than 6 % above it, and the same bits on every machine.
/// </summary>
internal static class FlapDamping
{
    /// <summary>The penalties after this decision's falls, in order of path; those at zero that are up are left out.</summary>
    public static EquatableArray<FlapPenalty> Update(World world, ClaimEvaluation claims, HoldTimers timers)
    {
        var hold = world.Settings.HoldDown;
        var before = world.Previous.Penalties.ToDictionary(one => one.Path);
        var next = new List<FlapPenalty>();
        foreach (var id in world.Paths.Paths.Select(path => path.Id).Union(before.Keys).Order())
        {
            var path = claims.Find(id);
            var isUp = path is not null && path.IsUp(family: null);
            if (!before.TryGetValue(id, out var old))
            {
                next.Add(new(id, 0, world.Now, false, isUp));
                continue;
            }
            var value = Decay(old.Value, world.Now - old.At, hold.HalfLife);
            // What the administrator takes away has not flapped.
            if (old.WasUp && !isUp && path is not { IsDisabled: true })
            {
                value += hold.Penalty;
            }
            var suppressed = value > hold.Suppress || (old.IsSuppressed && value >= hold.Reuse);
            if (suppressed)
            {
                timers.Review(world.Now + UntilBelow(value, hold.Reuse, hold.HalfLife));
            }
            // A path that is gone and forgiven is forgotten.
            if (path is not null || value >= 1)
            {
                next.Add(new(id, value < 1 ? 0 : value, world.Now, suppressed, isUp));
            }
        }
        return next.ToEquatableArray();
    }

    internal static double Decay(double value, TimeSpan elapsed, TimeSpan halfLife)
    {
        if (elapsed <= TimeSpan.Zero)
        {
            return value;
        }
        var halves = elapsed.Ticks / halfLife.Ticks;
        for (var i = 0L; i < halves && value > 0; i++)
        {
            value = value < 1 ? 0 : value / 2;
        }
        return value * (1 - ((elapsed.Ticks % halfLife.Ticks) / (2.0 * halfLife.Ticks)));
    }

    /// <summary>How long the penalty takes to fall below <paramref name="limit"/>: one tick past where it reaches it.</summary>
    internal static TimeSpan UntilBelow(double value, double limit, TimeSpan halfLife)
    {
        var ticks = 0L;
        for (; value / 2 >= limit && value >= 1; value /= 2)
        {
            ticks += halfLife.Ticks;
        }
        return new(ticks + (long)(2.0 * halfLife.Ticks * (1 - (limit / value))) + 1);
    }
}
