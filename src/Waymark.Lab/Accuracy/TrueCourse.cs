namespace Waymark.Lab.Accuracy;

/// <summary>
/// The definitions that the examiner follows, over true values: written a second time, and not by its estimators, so that a mistake in those is no mistake here. Seconds.
/// </summary>
/// <param name="Smoothed">SRTT (RFC 6298 section 2).</param>
/// <param name="Variation">RTTVAR.</param>
/// <param name="Jitter">Interarrival jitter (RFC 3550 section 6.4.1).</param>
internal readonly record struct TrueCourse(double Smoothed, double Variation, double Jitter)
{
    /// <summary>Of values in the order in which they became known, one at least.</summary>
    public static TrueCourse Of(IReadOnlyList<double> values)
    {
        var course = new TrueCourse(values[0], values[0] / 2, 0);
        for (var i = 1; i < values.Count; i++)
        {
            course = new(
                (0.875 * course.Smoothed) + (0.125 * values[i]),
                (0.75 * course.Variation) + (0.25 * Math.Abs(course.Smoothed - values[i])),
                course.Jitter + ((Math.Abs(values[i] - values[i - 1]) - course.Jitter) / 16));
        }
        return course;
    }

    /// <summary>After what time a probe counts as lost.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(Smoothed + (4 * Variation));
}
