using System.Globalization;
using System.Text.Json;
using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>One object of what <c>ip -j</c> prints. What is asked for and is not there, or is something else, throws <see cref="FormatException"/> with the place.</summary>
/// <param name="json">The object.</param>
/// <param name="place">Where it stands, in words.</param>
/// <param name="mend">What gives a text that can be read.</param>
internal readonly struct SavedEntry(JsonElement json, string place, string mend)
{
    /// <summary>What everything of it is called.</summary>
    public IEnumerable<string> Names => json.ValueKind == JsonValueKind.Object ? json.EnumerateObject().Select(one => one.Name) : throw Wrong("is no object");

    /// <summary>Its flags; none where it has none.</summary>
    public IReadOnlyCollection<string> Flags => json.TryGetProperty("flags", out var flags) && flags.ValueKind == JsonValueKind.Array
        ? [.. flags.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)] : [];

    /// <summary>Whether something of that name is there.</summary>
    public bool Has(string name) => json.ValueKind == JsonValueKind.Object ? json.TryGetProperty(name, out _) : throw Wrong("is no object");

    /// <summary>A text.</summary>
    public string Text(string name) => Has(name) && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong($"has no text '{name}'");

    /// <summary>A number, as such or as decimal or hexadecimal text.</summary>
    public uint Number(string name)
    {
        if (json.TryGetProperty(name, out var value))
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number))
            {
                return number;
            }
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text
                && (text.StartsWith("0x", StringComparison.Ordinal) ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
                    : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)))
            {
                return number;
            }
        }
        throw Wrong($"says '{name}' by no number: {mend}");
    }

    /// <summary>The number of a routing table; three have names everywhere.</summary>
    public uint Table(uint absent) => !json.TryGetProperty("table", out var value) ? absent
        : value.ValueKind != JsonValueKind.String ? Number("table")
        : value.GetString() switch { "main" => 254, "local" => 255, "default" => 253, _ => Number("table") };

    /// <summary>Who installed it; those of linux/rtnetlink.h have names everywhere.</summary>
    public byte Protocol(byte absent)
    {
        if (!json.TryGetProperty("protocol", out var value))
        {
            return absent;
        }
        var number = value.ValueKind != JsonValueKind.String ? Number("protocol") : value.GetString() switch
        {
            "redirect" => 1, "kernel" => 2, "boot" => 3, "static" => 4, "ra" => 9, "dhcp" => 16, _ => Number("protocol"),
        };
        return number <= byte.MaxValue ? (byte)number : throw Wrong($"has the protocol {number}");
    }

    /// <summary>What it does, by number or name.</summary>
    public T Choice<T>(string name)
        where T : struct, Enum
    {
        var said = json.GetProperty(name);
        return said.ValueKind == JsonValueKind.String && said.GetString() is [>= 'a' and <= 'z', ..] word
            ? Enum.TryParse<T>(word, ignoreCase: true, out var named) ? named : throw Wrong($"has the {name} '{Shown(word)}', which is not known")
            : Number(name) is var number && number <= byte.MaxValue && Enum.IsDefined((T)Enum.ToObject(typeof(T), (byte)number)) ? (T)Enum.ToObject(typeof(T), (byte)number)
            : throw Wrong($"has the {name} {number}, which is not known");
    }

    /// <summary>An address, with a length where it says one, or of which another property is the length; else a single one.</summary>
    public IpPrefix Prefix(string name, string? lengthName, IpFamily family)
    {
        var text = Text(name);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var length = (uint)IpAddress.Width(family);
        if (IpAddress.TryParse(slash < 0 ? text : text[..slash], out var address) && address.Family == family
            && (slash < 0 || uint.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)))
        {
            length = slash < 0 && lengthName is not null && Has(lengthName) ? Number(lengthName) : length;
            if (length <= IpAddress.Width(family))
            {
                return new(address, (int)length);
            }
        }
        throw Wrong($"has the address '{Shown(text)}', which is none of IPv{(family == IpFamily.V4 ? 4 : 6)}");
    }

    /// <summary>The next hop, which may be of the other family (RFC 8950); null: none.</summary>
    public IpAddress? Gateway(IpFamily family)
    {
        if (json.TryGetProperty("via", out var via))
        {
            return IpAddress.TryParse(new SavedEntry(via, place, mend).Text("host"), out var other) ? other : throw Wrong("has a next hop that is no address");
        }
        return Has("gateway") ? Prefix("gateway", null, family).First : null;
    }

    /// <summary>The objects of a list.</summary>
    public IEnumerable<SavedEntry> List(string name)
    {
        var (at, how) = (place, mend);
        return json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select((one, i) => new SavedEntry(one, $"{at}, {name} {i + 1}", how))]
            : throw Wrong($"has no list '{name}'");
    }

    /// <summary>What is wrong with it, to be thrown.</summary>
    public FormatException Wrong(string what) => new($"{place} {what}");

    private static string Shown(string text) => new([.. text.Take(40).Select(one => char.IsControl(one) ? ' ' : one)]);
}
