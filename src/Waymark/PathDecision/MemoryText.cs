using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>A decision's memory as JSON, for the store and for recordings. <c>Read(Write(memory)) == memory</c>.</summary>
public static class MemoryText
{
    /// <summary>The memory on one line.</summary>
    public static string Write(DecisionMemory memory)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, memory);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The memory of a text; that of a first decision where the text is something else.</summary>
    public static DecisionMemory Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // Of another version, or not ours: a first decision is always possible.
            return DecisionMemory.None;
        }
    }

    internal static void Write(Utf8JsonWriter json, DecisionMemory memory)
    {
        json.WriteStartObject();
        json.WriteStartObject("trueSince");
        foreach (var (key, at) in memory.TrueSince)
        {
            json.WriteString(key, at);
        }
        json.WriteEndObject();
        json.WriteStartObject("classNumbers");
        foreach (var (key, number) in memory.ClassNumbers)
        {
            json.WriteNumber(key, number);
        }
        json.WriteEndObject();
        json.WriteStartArray("inUse");
        foreach (var use in memory.InUse)
        {
            json.WriteStartObject();
            json.WriteNumber("class", use.Class);
            json.WriteNumber("family", use.Family == IpFamily.V4 ? 4 : 6);
            json.WriteStartObject("shares");
            foreach (var share in use.Shares)
            {
                json.WriteNumber(share.Path.ToString(), share.Weight);
            }
            json.WriteEndObject();
            if (use.Backup is { } backup)
            {
                json.WriteString("backup", backup.ToString());
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("penalties");
        foreach (var one in memory.Penalties)
        {
            json.WriteStartObject();
            json.WriteString("path", one.Path.ToString());
            // Bits, not decimals: the same memory has to decide the same to the last bit.
            json.WriteString("value", BitConverter.DoubleToUInt64Bits(one.Value).ToString("x16", CultureInfo.InvariantCulture));
            json.WriteString("at", one.At);
            json.WriteBoolean("suppressed", one.IsSuppressed);
            json.WriteBoolean("up", one.WasUp);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static DecisionMemory Read(JsonElement json) => new()
    {
        TrueSince = json.GetProperty("trueSince").EnumerateObject().Select(one => KeyValuePair.Create(one.Name, one.Value.GetDateTimeOffset())).ToEquatableArray(),
        ClassNumbers = json.GetProperty("classNumbers").EnumerateObject().Select(one => KeyValuePair.Create(one.Name, one.Value.GetInt32())).ToEquatableArray(),
        InUse = json.GetProperty("inUse").EnumerateArray().Select(one => new PathsInUse(
            one.GetProperty("class").GetInt32(),
            one.GetProperty("family").GetInt32() == 4 ? IpFamily.V4 : IpFamily.V6,
            one.GetProperty("shares").EnumerateObject().Select(share => new PathShare(Id(share.Name), share.Value.GetInt32())).ToEquatableArray(),
            one.TryGetProperty("backup", out var backup) ? Id(backup.GetString()) : null)).ToEquatableArray(),
        Penalties = json.GetProperty("penalties").EnumerateArray().Select(one => new FlapPenalty(
            Id(one.GetProperty("path").GetString()),
            BitConverter.UInt64BitsToDouble(ulong.Parse(one.GetProperty("value").GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)),
            one.GetProperty("at").GetDateTimeOffset(),
            one.GetProperty("suppressed").GetBoolean(),
            one.GetProperty("up").GetBoolean())).ToEquatableArray(),
    };

    private static PathId Id(string? text) => PathId.TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no path id.");
}
