namespace Waymark.ConditionDecision;

/// <summary>Times of day and days of the week in the node's zone, across changes to and from summer time.</summary>
internal static class CivilTime
{
    /// <summary>Whether it is between the two, the first included and the second not; equal ones are the whole day. May cross midnight.</summary>
    public static bool IsWithin(TimeOnly from, TimeOnly to, TimeZoneInfo zone, HoldTimers timers)
    {
        var local = TimeZoneInfo.ConvertTime(timers.Now, zone);
        timers.Review(Next(local, from, zone));
        timers.Review(Next(local, to, zone));
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        return from == to || time.IsBetween(from, to);
    }

    /// <summary>Whether it is one of the days, both included. May cross the weekend.</summary>
    public static bool IsWithin(DayOfWeek from, DayOfWeek to, TimeZoneInfo zone, HoldTimers timers)
    {
        var local = TimeZoneInfo.ConvertTime(timers.Now, zone);
        timers.Review(Next(local, TimeOnly.MinValue, zone));
        return (local.DayOfWeek - from + 7) % 7 <= (to - from + 7) % 7;
    }

    /// <summary>When clocks of the zone show a date and time; where they skip it, when the hour after it begins, and where it comes twice, its first coming.</summary>
    public static DateTimeOffset InstantOf(DateTime civil, TimeZoneInfo zone)
    {
        civil = DateTime.SpecifyKind(civil, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(civil))
        {
            civil = civil.AddMinutes(1);
        }
        // An hour that comes twice begins with its first coming, which has the larger offset.
        return new(civil, zone.IsAmbiguousTime(civil) ? zone.GetAmbiguousTimeOffsets(civil).Max() : zone.GetUtcOffset(civil));
    }

    /// <summary>The next instant at which clocks of the zone show <paramref name="time"/>; where that hour is skipped, when the hour after it begins.</summary>
    private static DateTimeOffset Next(DateTimeOffset local, TimeOnly time, TimeZoneInfo zone)
    {
        for (var day = 0; ; day++)
        {
            var instant = InstantOf(local.Date.AddDays(day) + time.ToTimeSpan(), zone);
            if (instant > local)
            {
                return instant;
            }
        }
    }
}
