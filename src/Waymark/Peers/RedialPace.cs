namespace Waymark.Peers;

/// <summary>
/// When a peer is called again that could not be reached, or that hung up: after a second, then twice as long each time, up to a minute; each time shorter by up to a half, so that a hundred spokes do not call a hub that
/// comes back in the same instant. Used by one thread.
/// </summary>
/// <param name="jitter">Gives numbers from 0 up to 1.</param>
public sealed class RedialPace(Func<double> jitter)
{
    /// <summary>The first wait, and the longest.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromMinutes(1);

    private TimeSpan next = First;

    /// <summary>How long to wait this time.</summary>
    public TimeSpan Next()
    {
        var wait = next * (1 - (jitter() / 2));
        next = next * 2 > Longest ? Longest : next * 2;
        return wait;
    }

    /// <summary>The peer was reached, and for a while.</summary>
    public void Reset() => next = First;
}
