using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Simulation;

/// <summary>Something that happens to a path.</summary>
/// <param name="After">Time since the event before it.</param>
/// <param name="Path">Which path.</param>
/// <param name="IsUp">Whether it is up from then on.</param>
/// <param name="Delay">Its delay from then on, seconds.</param>
internal sealed record Event(TimeSpan After, string Path, bool IsUp, double Delay);

/// <summary>A decision of a course.</summary>
/// <param name="World">What it was taken from.</param>
/// <param name="Decision">What was decided.</param>
/// <param name="Next">When the next event is; null: none comes.</param>
internal sealed record Turn(World World, Decision Decision, DateTimeOffset? Next);

/// <summary>
/// A node over time, decided as the daemon's loop does it: at every event, and at the instant that a decision asks to be reviewed at. Time is made up: a day takes no
/// longer than its decisions.
/// </summary>
internal static class Course
{
    /// <summary>A decision may ask to be reviewed, but not for ever: then something does not come to rest.</summary>
    private const int MostReviews = 100;

    public static readonly string[] Paths = ["wifi", "lte", "sat"];

    /// <summary>Every turn, in order. After the last event the reviews are followed to their end.</summary>
    public static IEnumerable<Turn> Play(string policies, IReadOnlyList<Event> events)
    {
        var world = Worlds.Of(policies);
        for (var i = 0; i < Paths.Length; i++)
        {
            world = world.Up(Paths[i], true).With(Paths[i], ("delay", 0.02 * (i + 1)), ("cost", (double)i), ("bandwidth", (i + 1) * 1e7));
        }
        var decision = PathResolution.Decide(world);
        for (var i = 0; i <= events.Count; i++)
        {
            var next = i < events.Count ? (world.Now + events[i].After) as DateTimeOffset? : null;
            yield return new(world, decision, next);
            for (var reviews = 0; decision.ReviewAt is { } review && !(next <= review); reviews++)
            {
                Assert.True(reviews < MostReviews, $"{policies} asks for another review at {review:O}, after {reviews} without an event");
                Assert.True(review > world.Now, "a review is in the future");
                world = world with { Now = review, Previous = decision.Next };
                decision = PathResolution.Decide(world);
                yield return new(world, decision, next);
            }
            if (next is { } at)
            {
                world = (world with { Now = at, Previous = decision.Next }).Up(events[i].Path, events[i].IsUp).With(events[i].Path, ("delay", events[i].Delay));
                decision = PathResolution.Decide(world);
            }
        }
    }

    /// <summary>The paths that new IPv4 flows of the first class take.</summary>
    public static IReadOnlyList<PathId> InUse(this Decision decision) => (decision.FilterRules.Classes.IsEmpty ? null : decision.FilterRules.Classes[0].V4) switch
    {
        Waymark.FilterRules.FilterAction.Use(var path) => [path],
        Waymark.FilterRules.FilterAction.Spread(var shares, _) => [.. shares.Select(share => share.Path)],
        _ => [],
    };

    public static bool IsUp(this World world, PathId path) => world.Characteristics.Of(path).TryGet(PathCharacteristics.Up4, out var up) && up.Value.Flag;

    public static bool IsHeld(this Decision decision, PathId path) => decision.Next.Penalties.Any(one => one.Path == path && one.IsSuppressed);
}
