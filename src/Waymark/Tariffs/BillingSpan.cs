namespace Waymark.Tariffs;

/// <summary>One billing period.</summary>
/// <param name="From">Its first instant.</param>
/// <param name="Until">The first instant of the next one, later than <paramref name="From"/>.</param>
public readonly record struct BillingSpan(DateTimeOffset From, DateTimeOffset Until);
