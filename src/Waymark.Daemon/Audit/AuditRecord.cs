using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Waymark.Daemon.Audit;

/// <summary>What came of a request.</summary>
internal enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Accepted,

    /// <summary>It was not done, and nothing changed.</summary>
    Refused,

    /// <summary>It was done once, and its time is over.</summary>
    Expired,

    /// <summary>It was done, and taken back because it was not confirmed in time.</summary>
    Reverted,
}

/// <summary>One request and what came of it. Texts of requesters are in it as they came, cut; whoever shows it minds what he shows.</summary>
/// <param name="At">When it was done, or refused.</param>
/// <param name="Requester">Who, as the node file calls him; empty: nobody that it knows.</param>
/// <param name="From">From where: <c>user NAME</c>, an address and a port, or <c>signal HUP</c>; empty: from nowhere.</param>
/// <param name="Request">What was asked for, in the words of the command line.</param>
/// <param name="Subject">Of what; empty where there is only one.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Detail">More of it.</param>
/// <param name="Repeated">How many more there were that were alike and have no record.</param>
internal sealed record AuditRecord(DateTimeOffset At, string Requester, string From, string Request, string Subject, AuditOutcome Outcome, string Detail, int Repeated = 0)
{
    /// <summary>Longer texts are cut: a record is a line, not a letter.</summary>
    public const int LongestText = 400;

    /// <summary>The record as a line of JSON, with its line feed and no other: what comes from outside cannot begin another line.</summary>
    public byte[] ToLine()
    {
        using var buffer = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("requester", Cut(Requester));
            json.WriteString("from", Cut(From));
            json.WriteString("request", Cut(Request));
            json.WriteString("subject", Cut(Subject));
            json.WriteString("outcome", Outcome switch
            {
                AuditOutcome.Accepted => "accepted",
                AuditOutcome.Refused => "refused",
                AuditOutcome.Expired => "expired",
                AuditOutcome.Reverted => "reverted",
                _ => throw new System.Diagnostics.UnreachableException(),
            });
            json.WriteString("detail", Cut(Detail));
            if (Repeated > 0)
            {
                json.WriteNumber("repeated", Repeated);
            }
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Reads a line; null where it is none: the power may have failed in its midst.</summary>
    public static AuditRecord? FromLine(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            string Text(string name) => root.GetProperty(name).GetString() ?? "";
            return new(
                DateTimeOffset.Parse(Text("at"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind), Text("requester"), Text("from"), Text("request"), Text("subject"),
                Enum.Parse<AuditOutcome>(Text("outcome"), ignoreCase: true), Text("detail"), root.TryGetProperty("repeated", out var repeated) ? repeated.GetInt32() : 0);
        }
        catch (Exception torn) when (torn is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Not a line of ours, or only a part of one.
            return null;
        }
    }

    /// <summary>Cut where a character ends, and without halves of any: JSON has none.</summary>
    public static string Cut(string text)
    {
        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (cut.Length >= LongestText)
            {
                return cut.Append("...").ToString();
            }
            cut.Append(rune.ToString());
        }
        return cut.ToString();
    }
}
