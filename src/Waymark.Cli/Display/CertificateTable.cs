using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;
using Waymark.Cli.Pki;

namespace Waymark.Cli.Display;

/// <summary>Certificates, for people and for programs.</summary>
internal static class CertificateTable
{
    public static void Write(IReadOnlyList<IssuedCertificate> certificates, DateTimeOffset now)
    {
        if (certificates.Count == 0)
        {
            Console.WriteLine("Nothing is issued. 'waymark pki issue NAME' makes a requester's certificate, with --host a node's.");
            return;
        }
        var table = Tables.Columns("NAME", "FOR", "STATE", "UNTIL", "SERIAL");
        foreach (var one in certificates)
        {
            var state = one.State(now);
            table.AddRow(
                new Text(string.Join(", ", one.Names)),
                new Text(one.Use),
                new Text(state, state switch
                {
                    "expired" or "revoked" => new(Color.Red),
                    "expiring" => new(Color.Yellow),
                    _ => Style.Plain,
                }),
                new Text(IssuedCertificate.Day(one.Until)),
                new Text(one.Serial));
        }
        Invocation.Console.Write(table);
    }

    /// <summary>The form of docs/pki.md.</summary>
    public static JsonObject Json(IssuedCertificate one, DateTimeOffset now)
    {
        var value = new JsonObject
        {
            ["serial"] = one.Serial,
            ["names"] = new JsonArray([.. one.Names.Select(name => (JsonNode)name.Text)]),
            ["for"] = one.Use,
            ["state"] = one.State(now),
            ["from"] = Instant(one.From),
            ["until"] = Instant(one.Until),
        };
        if (one.RevokedAt is { } at)
        {
            value["revokedAt"] = Instant(at);
        }
        return value;
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
