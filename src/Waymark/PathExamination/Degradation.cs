using Waymark.ConditionDecision;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.PathExamination;

/// <summary>
/// Whether a path is degraded: it became worse than one claim allows, and has not been as good as another one asks since. Two claims, so that a path at the border does not go to
/// and fro. Degraded is not dead: only policies that say so pass it over. Not safe for several threads at once.
/// </summary>
/// <remarks>A claim that is unknown, for nothing was measured lately, changes nothing.</remarks>
public sealed class Degradation
{
    private EquatableArray<KeyValuePair<string, DateTimeOffset>> trueSince = [];
    private bool isDegraded;
    private DateTimeOffset? since;

    /// <summary>Takes in what is known of the path now. Gives the characteristic <c>degraded</c>, since when it has been so; null until the first claim about it could be decided.</summary>
    /// <param name="settings">The claims.</param>
    /// <param name="path">The path.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="now">The moment.</param>
    public Measured? Update(ProbeSettings settings, Path path, PathCharacteristics known, DateTimeOffset now)
    {
        var timers = new HoldTimers(trueSince, now);
        var evaluation = new ClaimEvaluation(new PathState(path, 0, known, isDisabled: false, now), timers);
        var answer = evaluation.Evaluate(isDegraded ? settings.RestoredWhen : settings.DegradedWhen, evaluation.Paths[0], null, null);
        trueSince = timers.Take().TrueSince;
        if (answer == Truth.True)
        {
            (isDegraded, since, trueSince) = (!isDegraded, now, []);
        }
        else if (answer == Truth.False)
        {
            since ??= now;
        }
        return since is { } at ? new(CharacteristicValue.Of(isDegraded), at, 0, "probe") : null;
    }
}
