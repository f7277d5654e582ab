using System.Globalization;
using Waymark.Flows;

namespace Waymark.Exchange.Wire;

/// <summary>Addresses and prefixes in text from outside.</summary>
internal static class AddressReading
{
    /// <summary>An address, or a prefix whose bits behind the length are zero.</summary>
    internal static IpPrefix Prefix(this WireReading reading, string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (text.Length > 64 || !IpAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            reading.Refuse(WireReading.BadText, $"'{(text.Length <= 64 ? text : text[..64] + "...")}' is not an address", "write it as \"192.0.2.1\", \"198.51.100.0/24\" or \"2001:db8::/32\"");
            return default;
        }
        var width = IpAddress.Width(address.Family);
        var length = width;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > width))
        {
            reading.Refuse(WireReading.BadText, $"'{text}' has a prefix length that is not from 0 to {width}");
            return default;
        }
        var prefix = new IpPrefix(address, length);
        if (prefix.First != address)
        {
            reading.Refuse(WireReading.BadText, $"'{text}' has address bits behind its prefix length", $"did you mean '{prefix}'?");
        }
        return prefix;
    }
}
