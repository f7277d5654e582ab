using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.PathDecision;

/// <summary>
/// A world and the digest of what was decided from it, as one line of JSON: recorded by a daemon, decided again anywhere. Paths of narrow scope cannot be recorded yet and throw
/// <see cref="NotSupportedException"/>.
/// </summary>
public static class Recording
{
    /// <summary>One line, without its end.</summary>
    public static string Write(World world, Decision decision)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("now", world.Now);
            Write(json, world.Paths);
            Write(json, world.Characteristics);
            Write(json, world.Policies);
            json.WriteString("zone", world.Settings.TimeZone.Id);
            var hold = world.Settings.HoldDown;
            json.WriteStartArray("holdDown");
            json.WriteNumberValue(hold.Penalty);
            json.WriteNumberValue(hold.Suppress);
            json.WriteNumberValue(hold.Reuse);
            json.WriteNumberValue(hold.HalfLife.Ticks);
            json.WriteEndArray();
            json.WriteNumber("classes", world.Settings.Classes);
            Write(json, "peers", world.ConnectedPeers);
            Write(json, "disabled", world.Disabled.Select(path => path.ToString()));
            json.WritePropertyName("previous");
            MemoryText.Write(json, world.Previous);
            json.WriteString("decision", Digest(decision));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The world of a line and the digest of its decision; throws <see cref="FormatException"/> where the line is something else.</summary>
    public static (World World, string Decision) Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var json = document.RootElement;
            var hold = json.GetProperty("holdDown");
            var world = new World
            {
                Now = json.GetProperty("now").GetDateTimeOffset(),
                Paths = new(json.GetProperty("paths").EnumerateArray().Select(ReadPath)),
                Characteristics = new(json.GetProperty("characteristics").EnumerateObject().Select(ReadKnown)),
                Policies = ReadPolicies(json),
                Settings = new()
                {
                    TimeZone = TimeZoneInfo.FindSystemTimeZoneById(json.GetProperty("zone").GetString()!),
                    HoldDown = new(hold[0].GetInt32(), hold[1].GetInt32(), hold[2].GetInt32(), new(hold[3].GetInt64())),
                    Classes = json.GetProperty("classes").GetInt32(),
                },
                ConnectedPeers = Strings(json, "peers").ToEquatableArray(),
                Disabled = Strings(json, "disabled").Select(Id).ToEquatableArray(),
                Previous = MemoryText.Read(json.GetProperty("previous")),
            };
            return (world, json.GetProperty("decision").GetString()!);
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException or OverflowException or TimeZoneNotFoundException)
        {
            throw new FormatException($"not a recorded decision of this version: {foreign.Message}", foreign);
        }
    }

    /// <summary>A digest of everything that was decided: equal exactly where the decisions are, byte by byte.</summary>
    public static string Digest(Decision decision)
    {
        // Where a policy stands in its text is no part of what was decided.
        static PolicyOrigin Plain(PolicyOrigin origin) => origin with { Place = default };
        var text = new StringBuilder();
        var parts = decision.FilterRules.Rules.Select(rule => (object)(rule with { Origin = Plain(rule.Origin) }))
            .Concat(decision.FilterRules.Classes)
            .Concat(decision.Unresolved.Select(one => one with { Origin = Plain(one.Origin) }))
            .Concat(decision.Standings.Select(one => one with { Origin = Plain(one.Origin) }))
            .Concat(decision.Reasons);
        foreach (var part in parts)
        {
            text.Append(part).Append('\n');
        }
        text.Append(MemoryText.Write(decision.Next)).Append('\n').Append(decision.ReviewAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Write(Utf8JsonWriter json, PathSet paths)
    {
        json.WriteStartArray("paths");
        foreach (var path in paths.Paths)
        {
            var reach = path.Scope.Boxes.SelectMany(box => (box.Peer ?? RangeSet.Of(new NumberRange(0, IpAddress.Highest(box.Family)))).ToPrefixes(box.Family)).ToList();
            if (!path.Scope.IsEverything && path.Scope != FlowSelector.OfPeers(reach))
            {
                throw new NotSupportedException($"The path {path.Id} has a scope of more than addresses of the other end, which cannot be recorded yet.");
            }
            json.WriteStartObject();
            json.WriteString("id", path.Id.ToString());
            json.WriteString("name", path.Name);
            json.WriteString("device", path.Device);
            json.WriteNumber("index", path.DeviceIndex);
            json.WriteBoolean("carrier", path.HasCarrier);
            json.WriteBoolean("movable", path.IsMovable);
            json.WriteBoolean("duplicates", path.CanDuplicate);
            json.WriteString("peer", path.Peer);
            if (path.Shared is { } shared)
            {
                json.WriteNumber("shared", shared);
            }
            if (!path.Scope.IsEverything)
            {
                Write(json, "reach", reach.Select(prefix => $"{prefix.First}/{prefix.Length}"));
            }
            Write(json, "over", path.Over.Select(over => over.ToString()));
            json.WriteStartArray("halves");
            foreach (var half in path.Halves)
            {
                json.WriteStartObject();
                json.WriteNumber("family", half.Family == IpFamily.V4 ? 4 : 6);
                Write(json, "locators", half.Locators.Select(address => address.ToString()));
                Write(json, "connected", half.Connected.Select(prefix => $"{prefix.First}/{prefix.Length}"));
                json.WriteString("gateway", half.Gateway?.ToString());
                json.WriteNumber("metric", half.Metric);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static Path ReadPath(JsonElement json) => new()
    {
        Id = Id(json.GetProperty("id").GetString()!),
        Name = json.GetProperty("name").GetString()!,
        Device = json.GetProperty("device").GetString(),
        DeviceIndex = json.GetProperty("index").GetInt32(),
        HasCarrier = json.GetProperty("carrier").GetBoolean(),
        IsMovable = json.GetProperty("movable").GetBoolean(),
        CanDuplicate = json.GetProperty("duplicates").GetBoolean(),
        Peer = json.GetProperty("peer").GetString(),
        Shared = json.TryGetProperty("shared", out var shared) ? shared.GetInt32() : null,
        Scope = json.TryGetProperty("reach", out _) ? FlowSelector.OfPeers(Strings(json, "reach").Select(Prefix)) : FlowSelector.Everything,
        Over = Strings(json, "over").Select(Id).ToEquatableArray(),
        Halves = json.GetProperty("halves").EnumerateArray().Select(half => new PathHalf
        {
            Family = half.GetProperty("family").GetInt32() == 4 ? IpFamily.V4 : IpFamily.V6,
            Locators = Strings(half, "locators").Select(IpAddress.Parse).ToEquatableArray(),
            Connected = Strings(half, "connected").Select(Prefix).ToEquatableArray(),
            Gateway = half.GetProperty("gateway").GetString() is { } gateway ? IpAddress.Parse(gateway) : null,
            Metric = half.GetProperty("metric").GetUInt32(),
        }).ToEquatableArray(),
    };

    private static IpPrefix Prefix(string text) => new(IpAddress.Parse(text[..text.IndexOf('/')]), int.Parse(text[(text.IndexOf('/') + 1)..], CultureInfo.InvariantCulture));

    private static void Write(Utf8JsonWriter json, CharacteristicsSet characteristics)
    {
        json.WriteStartObject("characteristics");
        foreach (var path in characteristics.Paths)
        {
            json.WriteStartObject(path.Path.ToString());
            foreach (var (name, measured) in path.Values)
            {
                json.WriteStartArray(name);
                json.WriteStringValue(measured.Value.Kind switch
                {
                    CharacteristicKind.Flag => measured.Value.Flag ? "yes" : "no",
                    CharacteristicKind.Name => "=" + measured.Value.Word,
                    _ => Bits(measured.Value.Number),
                });
                json.WriteStringValue(measured.At);
                json.WriteNumberValue(measured.Samples);
                json.WriteStringValue(measured.Source);
                json.WriteStringValue(measured.StandardError is { } error ? Bits(error) : null);
                json.WriteBooleanValue(measured.IsEstimated);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static PathCharacteristics ReadKnown(JsonProperty json) => PathCharacteristics.Of(Id(json.Name), json.Value.EnumerateObject().Select(one =>
    {
        var text = one.Value[0].GetString()!;
        var value = text switch
        {
            "yes" or "no" => CharacteristicValue.Of(text == "yes"),
            _ when text.StartsWith('=') => CharacteristicValue.Of(text[1..]),
            _ => CharacteristicValue.Of(Number(text)),
        };
        return KeyValuePair.Create(one.Name, new Measured(value, one.Value[1].GetDateTimeOffset(), one.Value[2].GetInt32(), one.Value[3].GetString()!)
        {
            StandardError = one.Value[4].GetString() is { } error ? Number(error) : null,
            IsEstimated = one.Value[5].GetBoolean(),
        });
    }));

    private static void Write(Utf8JsonWriter json, MergedPolicies policies)
    {
        json.WriteStartArray("sets");
        foreach (var set in policies.Sets)
        {
            json.WriteStartObject();
            json.WriteString("requester", set.Requester.Name);
            json.WriteNumber("rank", set.Requester.Rank);
            json.WriteString("name", set.Name);
            json.WriteString("acceptedAt", set.AcceptedAt);
            json.WriteString("text", PolicyPrinter.Print(set.Set));
            json.WriteStartArray("firstAccepted");
            foreach (var (policy, at) in set.FirstAccepted)
            {
                json.WriteStringValue(PolicyPrinter.Print(policy));
                json.WriteStringValue(at);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("names");
        foreach (var (word, ids) in new[] { ("users", policies.Names.Users), ("groups", policies.Names.Groups) })
        {
            json.WriteStartObject(word);
            foreach (var (name, id) in ids)
            {
                json.WriteNumber(name, id);
            }
            json.WriteEndObject();
        }
        json.WriteStartObject("domains");
        foreach (var (name, addresses) in policies.Names.Domains)
        {
            Write(json, name, addresses.Select(address => address.ToString()));
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static MergedPolicies ReadPolicies(JsonElement json)
    {
        var names = json.GetProperty("names");
        EquatableArray<KeyValuePair<string, uint>> Ids(string word) => names.GetProperty(word).EnumerateObject().Select(one => KeyValuePair.Create(one.Name, one.Value.GetUInt32())).ToEquatableArray();
        return PolicyMerge.Merge(json.GetProperty("sets").EnumerateArray().Select(ReadSet), new()
        {
            Users = Ids("users"),
            Groups = Ids("groups"),
            Domains = names.GetProperty("domains").EnumerateObject()
                .Select(one => KeyValuePair.Create(one.Name, one.Value.EnumerateArray().Select(address => IpAddress.Parse(address.GetString()!)).ToEquatableArray())).ToEquatableArray(),
        });
    }

    private static AcceptedPolicySet ReadSet(JsonElement json)
    {
        var first = json.GetProperty("firstAccepted").EnumerateArray().ToList();
        return new(
            new(json.GetProperty("requester").GetString()!, json.GetProperty("rank").GetInt32()),
            json.GetProperty("name").GetString()!,
            Parse(json.GetProperty("text").GetString()!),
            json.GetProperty("acceptedAt").GetDateTimeOffset(),
            Enumerable.Range(0, first.Count / 2).Select(i => KeyValuePair.Create((Policy)Parse(first[2 * i].GetString()!).Statements[0], first[(2 * i) + 1].GetDateTimeOffset())).ToEquatableArray());
    }

    private static PolicySet Parse(string text) =>
        PolicyLanguage.Parse(text, "recording") is { Set: { } set } ? set : throw new FormatException($"the recorded policies cannot be read: {PolicyLanguage.Parse(text, "recording").Diagnostics[0]}");

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }
        json.WriteEndArray();
    }

    private static IEnumerable<string> Strings(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(one => one.GetString()!);

    private static PathId Id(string text) => PathId.TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no path id");

    private static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    private static double Number(string bits) => BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
