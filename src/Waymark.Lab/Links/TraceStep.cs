namespace Waymark.Lab.Links;

/// <summary>One moment of a trace.</summary>
/// <param name="At">Since its start.</param>
/// <param name="Link">Which link.</param>
/// <param name="RoundTrip">Null: nothing gets through.</param>
/// <param name="Loss">Each way, 0 to 1.</param>
public sealed record TraceStep(TimeSpan At, string Link, TimeSpan? RoundTrip, double Loss)
{
    /// <summary>What a direction of that shape does from this moment on; an outage keeps the delay.</summary>
    public LinkShape Of(LinkShape shape) => RoundTrip is { } roundTrip ? shape with { Delay = roundTrip / 2, Loss = Loss } : shape with { Loss = 1 };
}
