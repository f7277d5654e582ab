using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Pki;

/// <summary>What a party that was invited will be certified as.</summary>
/// <param name="Names">Whom its certificate will identify.</param>
/// <param name="Purpose">What it will be for.</param>
/// <param name="Lifetime">For how long.</param>
/// <param name="Until">Until when the invitation is good.</param>
internal sealed record Invitation(EquatableArray<CertificateName> Names, CertificatePurpose Purpose, TimeSpan Lifetime, DateTimeOffset Until)
{
    /// <summary>The secret of its code.</summary>
    public EquatableArray<byte> Secret { get; init; } = [];

    /// <summary>The invitation as it is kept.</summary>
    public string ToText() => new JsonObject
    {
        ["names"] = new JsonArray([.. Names.Select(name => JsonValue.Create(name.Text))]),
        ["for"] = Purpose.ToString(),
        ["seconds"] = Lifetime.TotalSeconds,
        ["until"] = Until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["secret"] = Convert.ToBase64String(Secret.ToArray()),
    }.ToJsonString();

    /// <summary>Reads what was kept; null where it is none: used, or written by something else.</summary>
    public static Invitation? FromText(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            return new(
                root.GetProperty("names").EnumerateArray().Select(name => CertificateName.Parse(name.GetString()!)).OfType<CertificateName>().ToEquatableArray(),
                Enum.Parse<CertificatePurpose>(root.GetProperty("for").GetString()!), TimeSpan.FromSeconds(root.GetProperty("seconds").GetDouble()),
                DateTimeOffset.Parse(root.GetProperty("until").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind))
            {
                Secret = Convert.FromBase64String(root.GetProperty("secret").GetString()!).ToEquatableArray(),
            };
        }
        catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Emptied, or not ours.
            return null;
        }
    }
}
