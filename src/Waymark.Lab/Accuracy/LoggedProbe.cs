using System.Diagnostics;

namespace Waymark.Lab.Accuracy;

/// <summary>What a link did to one probe and the answer to it. Times are of the monotonic clock, in its ticks; of what is sent again the first counts.</summary>
/// <param name="Number">Of the probe.</param>
/// <param name="Arrived">When the link had it.</param>
/// <param name="Reached">When it left the link; null: dropped.</param>
/// <param name="Returned">When the link had the answer; null: none came.</param>
/// <param name="Left">When the answer left the link; null: dropped, or there was none.</param>
internal sealed record LoggedProbe(ulong Number, long Arrived, long? Reached, long? Returned = null, long? Left = null)
{
    /// <summary>Whether it was sent again before the answer came: the first one was lost, by the link or at the other end.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>When the answer to what was sent again left the link, which tells the asker that the first one was lost; null: none did.</summary>
    public long? Told { get; init; }

    /// <summary>Whether the answer is only the beginning, and a page has to come behind it.</summary>
    public bool HasPage { get; init; }

    /// <summary>When the page's first packet left the link; null: none came.</summary>
    public long? PageLeft { get; init; }

    /// <summary>Whether the page did not come: somebody is there, which is neither an answer nor a loss.</summary>
    public bool IsUnfinished => HasPage && IsCarried && PageLeft is null;

    /// <summary>Whether both were carried, and the page is there where one has to be.</summary>
    public bool IsAnswered => IsCarried && !IsUnfinished;

    /// <summary>When the answer is known to be one, where it is.</summary>
    public long Known => PageLeft ?? Left!.Value;

    /// <summary>From this end until the answer was back, seconds: with the time that the other end took, as RFC 2681 has it.</summary>
    public double RoundTrip => Seconds(Left!.Value - Arrived);

    /// <summary>Without that time, which STAMP tells, seconds.</summary>
    public double Flight => RoundTrip - Seconds(Returned!.Value - Reached!.Value);

    /// <summary>The way there, seconds.</summary>
    public double Forward => Seconds(Reached!.Value - Arrived);

    private bool IsCarried => Reached is not null && Left is not null && !IsRepeated;

    private static double Seconds(long ticks) => ticks / (double)Stopwatch.Frequency;
}
