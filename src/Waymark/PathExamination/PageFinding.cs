using System.Globalization;

namespace Waymark.PathExamination;

/// <summary>What another status than the expected one of a page means: that not its server answered, but somebody between (a captive portal, RFC 8952).</summary>
public static class PageFinding
{
    private const int MostLocation = 200;

    /// <summary>Network Authentication Required (RFC 6585 section 6): made for portals that say what they are.</summary>
    private const int PortalStatus = 511;

    /// <summary>The reason, one line; null: it is the status that was expected.</summary>
    /// <param name="status">What came, 100 to 999.</param>
    /// <param name="location">Where a redirect leads, as the other end wrote it; null: nowhere.</param>
    /// <param name="expected">What was expected.</param>
    public static string? Of(int status, string? location, int expected)
    {
        if (status == expected)
        {
            return null;
        }
        if (status is >= 300 and < 400 && location is not null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"captive portal: {status} to {Printable(location)}");
        }
        return status == PortalStatus
            ? "captive portal: 511"
            : string.Create(CultureInfo.InvariantCulture, $"status {status} instead of {expected}: a captive portal, or another server");
    }

    /// <summary>Whoever stands between wrote it: it goes to a log and to terminals, and must not steer them.</summary>
    private static string Printable(string text) =>
        new([.. text.Take(MostLocation).Select(letter => letter is > ' ' and <= '~' ? letter : '?'), .. text.Length > MostLocation ? "..." : ""]);
}
