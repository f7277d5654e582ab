namespace Waymark.PathExamination;

/// <summary>
/// How a call over a path would sound, by the E-model (ITU-T G.107) with all of its defaults but delay and loss: the rating R, and the mean opinion score that belongs to it
/// (1 bad to 4.5). For G.711 with packet loss concealment, as an ordinary call has; with other codecs the order of paths is the same.
/// </summary>
public static class SpeechQuality
{
    /// <summary>R of a call without delay and loss (G.107 table 1: all parameters at their defaults).</summary>
    private const double Undisturbed = 93.2;

    /// <summary>Beyond so many milliseconds people begin to talk into each other's words (the usual simplification of G.107's Idd).</summary>
    private const double ConversationLimit = 177.3;

    /// <summary>Of G.711 with concealment (G.113 appendix I): none without loss, and how well it stands single losses.</summary>
    private const double CodecImpairment = 0, LossRobustness = 25.1;

    /// <summary>A packet holds 20 ms of speech, which has to be spoken before it can be sent.</summary>
    private const double PacketTime = 0.020;

    /// <summary>The receiver's buffer, in jitters: RFC 3550's is a mean deviation, and two of them let nearly every packet arrive in time.</summary>
    private const double Buffer = 2;

    /// <summary>The rating, 0 to 93.2.</summary>
    /// <param name="delay">One way, by the network; seconds.</param>
    /// <param name="jitter">RFC 3550's; seconds.</param>
    /// <param name="loss">0 to 1, in single packets.</param>
    public static double Rating(double delay, double jitter, double loss)
    {
        var milliseconds = 1000 * (delay + (Buffer * jitter) + PacketTime);
        var delayed = (0.024 * milliseconds) + (milliseconds > ConversationLimit ? 0.11 * (milliseconds - ConversationLimit) : 0);
        var percent = 100 * loss;
        var lost = CodecImpairment + ((95 - CodecImpairment) * percent / (percent + LossRobustness));
        return Math.Max(0, Undisturbed - delayed - lost);
    }

    /// <summary>The mean opinion score of a rating (G.107 annex B), 1 to 4.5.</summary>
    public static double Score(double rating) => rating switch
    {
        <= 0 => 1,
        >= 100 => 4.5,
        // Between 0 and 6.5 the polynomial dips below 1, which no listener can say.
        _ => Math.Max(1, 1 + (0.035 * rating) + (rating * (rating - 60) * (100 - rating) * 7e-6)),
    };
}
