using Waymark.Lab.Links;

namespace Waymark.Lab.Accuracy;

/// <summary>One estimate beside the truth. Seconds, shares from 0 to 1, bit/s.</summary>
/// <param name="Ways">What the link does to packets.</param>
/// <param name="Asker">Who estimates.</param>
/// <param name="What">The characteristic, in the policy language's word.</param>
/// <param name="Truth">What the link did to the packets that the estimate rests on; of capacity, by how much of its time it had them take.</param>
/// <param name="Estimate">What was estimated; null: nothing.</param>
/// <param name="Samples">How many packets or trains it rests on.</param>
public sealed record AccuracyRow(LinkWays Ways, Asker Asker, string What, double Truth, double? Estimate, int Samples)
{
    /// <summary>What is estimated within a millisecond or 2 % is good enough for any policy about delay.</summary>
    private const double Delay = 0.001, DelayShare = 0.02;

    /// <summary>Of jitter 15 %; below a quarter of a millisecond it is that of this machine's scheduler.</summary>
    private const double Jitter = 0.000_25, JitterShare = 0.15;

    private const double CapacityShare = 0.1;

    /// <summary>
    /// Whether it is within its bound: delays 1 ms or 2 %, jitter 15 % or 0.25 ms, capacity 10 %; of loss, whether the truth is in the 95 % interval of the estimate.
    /// </summary>
    public bool IsWithin => Estimate is { } estimate && What switch
    {
        "loss" => WilsonInterval.Of(estimate, Samples).Contains(Truth),
        "jitter" => Math.Abs(estimate - Truth) <= Math.Max(Jitter, JitterShare * Truth),
        "bandwidth" or "bandwidth.up" => Math.Abs(estimate - Truth) <= CapacityShare * Truth,
        _ => Math.Abs(estimate - Truth) <= Math.Max(Delay, DelayShare * Truth),
    };
}
