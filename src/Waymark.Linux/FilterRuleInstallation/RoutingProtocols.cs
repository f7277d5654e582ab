using System.Globalization;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>The names of those who put routes and rules there (RTPROT_*, FRA_PROTOCOL), as <c>ip</c> prints them.</summary>
internal static class RoutingProtocols
{
    /// <summary>Of the system's own files, later ones first; then iproute2's.</summary>
    private static readonly string[] Files = ["/etc/iproute2/rt_protos", "/usr/share/iproute2/rt_protos", "/usr/lib/iproute2/rt_protos"];

    /// <summary>What a protocol calls itself, for people.</summary>
    public static string Name(byte protocol) => protocol switch
    {
        0 => "a program that gives no protocol",
        2 => "the kernel",
        3 => "'boot' (somebody's 'ip' command)",
        _ => Look(protocol) is { } name ? $"'{name}'" : string.Create(CultureInfo.InvariantCulture, $"protocol {protocol}"),
    };

    private static string? Look(byte protocol)
    {
        foreach (var file in Files.Where(System.IO.File.Exists))
        {
            foreach (var line in System.IO.File.ReadLines(file))
            {
                var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                if (words.Length >= 2 && byte.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number == protocol)
                {
                    return words[1];
                }
            }
        }
        return null;
    }
}
