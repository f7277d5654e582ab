namespace Waymark.Linux.Nftables.Listings;

/// <summary>Pieces of a listing as people are shown them.</summary>
internal static class ListedText
{
    private const int Most = 80;

    /// <summary>Without what a terminal would obey, and not for ever.</summary>
    public static string Shown(string text)
    {
        var shown = new string([.. text.Take(Most).Select(one => char.IsControl(one) || char.IsSurrogate(one) ? ' ' : one)]);
        return text.Length > Most ? shown + "..." : shown;
    }
}
