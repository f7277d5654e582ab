namespace Waymark.PathExamination;

/// <summary>
/// How often a path falls silent by itself, and how long that lasts: what a silence has to be compared with before it means that the path is dead. Three answers missing in a
/// row say little of a path that loses every third, and much of one that hardly ever lost any. Losses come in bursts, so two numbers are kept: how likely a
/// round begins a silence, and how likely a silence goes on for another step. Older rounds count less and less. Constant memory. Not safe for several threads at once.
/// </summary>
public sealed class SilenceHistory
{
    /// <summary>Wrong by chance once in so many rounds: about once in three hours at one a second.</summary>
    private const double Chance = 1 / 10_000.0;

    /// <summary>What is believed of a path before it has shown more, and for how many rounds: one in a hundred begins a silence, as on a middling mobile network.</summary>
    private const double PriorBeginnings = 0.01, PriorRounds = 100;

    /// <summary>The same of a silence under way: it goes on for another step three times in five.</summary>
    private const double PriorGoingOn = 0.6, PriorSteps = 8;

    /// <summary>What was half an hour ago counts half: a path that moves is another one by then.</summary>
    private static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(30);

    private double rounds, beginnings, goingOn, endings;
    private TimeSpan? aged;

    /// <summary>After how many steps of silence, from 1, the path's own losses explain it no longer.</summary>
    public double Steps
    {
        get
        {
            var beginning = (beginnings + (PriorBeginnings * PriorRounds)) / (rounds + PriorRounds);
            var another = (goingOn + (PriorGoingOn * PriorSteps)) / (goingOn + endings + PriorSteps);
            return 1 + Math.Max(0, Math.Log(Chance / beginning) / Math.Log(another));
        }
    }

    /// <summary>Takes in a round that was sent while the path was not silent.</summary>
    /// <param name="isSilence">Whether too few answered, which began a silence.</param>
    /// <param name="now">The moment, by a clock that never steps.</param>
    public void Add(bool isSilence, TimeSpan now)
    {
        Age(now);
        rounds++;
        beginnings += isSilence ? 1 : 0;
    }

    /// <summary>Takes in a silence that has ended.</summary>
    /// <param name="steps">How many steps it lasted, from 0.</param>
    /// <param name="now">The moment, by a clock that never steps.</param>
    public void AddEnd(double steps, TimeSpan now)
    {
        Age(now);
        endings++;
        goingOn += Math.Max(0, steps - 1);
    }

    private void Age(TimeSpan now)
    {
        if (aged is { } before && now > before)
        {
            var share = Math.Pow(0.5, (now - before) / HalfLife);
            (rounds, beginnings, goingOn, endings) = (rounds * share, beginnings * share, goingOn * share, endings * share);
        }
        aged = now;
    }
}
