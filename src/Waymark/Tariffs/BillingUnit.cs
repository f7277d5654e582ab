namespace Waymark.Tariffs;

/// <summary>How long a billing period is, by the calendar.</summary>
public enum BillingUnit
{
    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From midnight before Monday (ISO 8601).</summary>
    Week,

    /// <summary>From midnight before a day of the month.</summary>
    Month,
}
