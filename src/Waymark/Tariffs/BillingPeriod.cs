using System.Diagnostics;
using Waymark.ConditionDecision;

namespace Waymark.Tariffs;

/// <summary>
/// When what was used counts from nothing again. Periods follow each other without gap or overlap, in every zone: each begins at midnight of its first day, where clocks skip
/// midnight at the first instant of that day, and where midnight comes twice at its first coming.
/// </summary>
/// <param name="Unit">How long it is.</param>
/// <param name="FirstDay">Of a month, 1 to 31: the day on which it begins, the last one of a month that is shorter. 1 for the others.</param>
/// <param name="Zone">The time zone by its name in the tz database, for example <c>Europe/Paris</c>; null: the node's.</param>
public sealed record BillingPeriod(BillingUnit Unit, int FirstDay = 1, string? Zone = null)
{
    /// <summary>The calendar month of the node.</summary>
    public static BillingPeriod CalendarMonth { get; } = new(BillingUnit.Month);

    /// <summary>Whether the system knows a time zone of that name.</summary>
    public static bool IsZone(string name) =>
        // The framework looks for a file of that name: one that leads elsewhere must not be opened.
        name.Length > 0 && name[0] != '/' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') && TimeZoneInfo.TryFindSystemTimeZoneById(name, out _);

    /// <summary>The period in which an instant lies. Throws <see cref="TimeZoneNotFoundException"/> where the system does not know <see cref="Zone"/>.</summary>
    /// <param name="instant">Of the years 2 to 9998.</param>
    /// <param name="nodeZone">The node's zone.</param>
    public BillingSpan Around(DateTimeOffset instant, TimeZoneInfo nodeZone)
    {
        var zone = Zone is null ? nodeZone : TimeZoneInfo.FindSystemTimeZoneById(Zone);
        var number = Number(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime));
        // Clocks that are set across midnight show a date before or after the period that has begun.
        while (Begin(number, zone) > instant)
        {
            number--;
        }
        while (Begin(number + 1, zone) <= instant)
        {
            number++;
        }
        return new(Begin(number, zone), Begin(number + 1, zone));
    }

    /// <summary>Counts periods by the date on which they begin.</summary>
    private int Number(DateOnly date) => Unit switch
    {
        BillingUnit.Day => date.DayNumber,
        // The first day of the calendar is a Monday.
        BillingUnit.Week => date.DayNumber / 7,
        BillingUnit.Month => Month(date),
        _ => throw new UnreachableException(),
    };

    private int Month(DateOnly date)
    {
        var number = (date.Year * 12) + date.Month - 1;
        return date < First(number) ? number - 1 : number;
    }

    private DateOnly First(int number) => Unit switch
    {
        BillingUnit.Day => DateOnly.FromDayNumber(number),
        BillingUnit.Week => DateOnly.FromDayNumber(number * 7),
        BillingUnit.Month => new(number / 12, (number % 12) + 1, Math.Min(FirstDay, DateTime.DaysInMonth(number / 12, (number % 12) + 1))),
        _ => throw new UnreachableException(),
    };

    private DateTimeOffset Begin(int number, TimeZoneInfo zone) => CivilTime.InstantOf(First(number).ToDateTime(TimeOnly.MinValue), zone);
}
