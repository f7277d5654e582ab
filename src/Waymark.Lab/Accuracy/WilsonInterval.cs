namespace Waymark.Lab.Accuracy;

/// <summary>Between which shares the true one is, of which so many of so many were seen, in 95 of 100 cases (Wilson 1927).</summary>
/// <param name="Low">From 0.</param>
/// <param name="High">To 1.</param>
public readonly record struct WilsonInterval(double Low, double High)
{
    /// <summary>The normal distribution has 95 % within so many standard deviations.</summary>
    private const double Deviations = 1.959964;

    /// <summary>Of a share that was seen.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="count">Of how many, from 1.</param>
    public static WilsonInterval Of(double share, int count)
    {
        const double square = Deviations * Deviations;
        var middle = share + (square / (2 * count));
        var half = Deviations * Math.Sqrt((share * (1 - share) / count) + (square / (4.0 * count * count)));
        return new(Math.Max(0, (middle - half) / (1 + (square / count))), Math.Min(1, (middle + half) / (1 + (square / count))));
    }

    /// <summary>Whether a share is in it; its ends are, as far as numbers are exact.</summary>
    public bool Contains(double share) => share >= Low - 1e-9 && share <= High + 1e-9;
}
