namespace Waymark.PathExamination;

/// <summary>
/// What of a standing conversation's claims counts. It takes a moment to begin one, also anew after the other end had withdrawn, and until then its silence tells
/// nothing. Not safe for several threads at once.
/// </summary>
/// <param name="since">When it was begun.</param>
public sealed class LivenessWitness(DateTimeOffset since)
{
    private DateTimeOffset since = since;
    private bool hasLived;

    /// <summary>The newest claim, <see cref="LivenessClaim.None"/> where it does not count (yet).</summary>
    public LivenessClaim Claim { get; private set; }

    /// <summary>Takes a claim in; true where one that lived has fallen silent.</summary>
    /// <param name="claim">What is said now.</param>
    /// <param name="now">The moment.</param>
    public bool Take(LivenessClaim claim, DateTimeOffset now)
    {
        var before = Claim;
        if (claim == LivenessClaim.None)
        {
            (hasLived, since) = (false, now);
        }
        hasLived |= claim == LivenessClaim.Alive;
        Claim = claim == LivenessClaim.Silent && !hasLived && now - since < Reachability.LeastFirstSilence ? LivenessClaim.None : claim;
        return before == LivenessClaim.Alive && Claim == LivenessClaim.Silent;
    }
}
