using System.Text.Json;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>
/// Reads what <c>nft -j list ruleset</c> prints (libnftables-json(5)). What is no such listing throws <see cref="FormatException"/> with the place; what is one, and says what we do not know, becomes
/// an unknown statement, expression or set: a property that we do not expect may change what the others mean.
/// </summary>
internal static class JsonListing
{
    /// <summary>Whether a text is meant to be one.</summary>
    public static bool IsMeant(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>Its objects, in order.</summary>
    public static IReadOnlyList<ListedObject> Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("nftables", out var list) || list.ValueKind != JsonValueKind.Array)
            {
                throw new FormatException("this is JSON, but has no list 'nftables': save it with 'nft -j list ruleset'");
            }
            var found = new List<ListedObject>();
            var number = 0;
            foreach (var entry in list.EnumerateArray())
            {
                number++;
                if (entry.ValueKind != JsonValueKind.Object || entry.EnumerateObject().Count() != 1)
                {
                    throw new FormatException($"entry {number} of 'nftables' is no object with one property");
                }
                var one = entry.EnumerateObject().First();
                if (Object(one.Name, one.Value, $"entry {number} of 'nftables' ({one.Name})") is { } read)
                {
                    found.Add(read);
                }
            }
            return found;
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}: this is no whole JSON: save it with 'nft -j list ruleset'", wrong);
        }
        catch (InvalidOperationException halved)
        {
            // Half of a surrogate pair, escaped: no text that nft prints.
            throw new FormatException($"this JSON has what is no text: {halved.Message}", halved);
        }
    }

    private static ListedObject? Object(string kind, JsonElement json, string place)
    {
        switch (kind)
        {
            case "metainfo":
                return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("json_schema_version", out var version) && (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != 1)
                    ? throw new FormatException($"{place}: the version of the form is {version}, and 1 is known")
                    : null;
            case "table":
                return new ListedObject.OfTable(Text(json, "family", place), Text(json, "name", place), Words(json, "flags", place).Contains("dormant"));
            case "chain":
                return new ListedObject.OfChain(Text(json, "family", place), Text(json, "table", place), Text(json, "name", place), Hook(json, place));
            case "rule":
                var statements = Required(json, "expr", JsonValueKind.Array, place).EnumerateArray().Select(Statement).ToEquatableArray();
                return new ListedObject.OfRule(Text(json, "family", place), Text(json, "table", place), Text(json, "chain", place), statements, json.TryGetProperty("comment", out _) ? Text(json, "comment", place) : "");
            case "set" or "map":
                return Set(json, isMap: kind == "map", place);
            case "flowtable":
                return new ListedObject.OfFlowtable(Text(json, "family", place), Text(json, "table", place), Text(json, "name", place), Words(json, "dev", place));
            default:
                // Counters, quotas, helpers and what else rules name: whoever names one is not understood, they themselves do nothing.
                return null;
        }
    }

    private static NftablesHook? Hook(JsonElement json, string place)
    {
        if (!json.TryGetProperty("hook", out _))
        {
            return null;
        }
        var name = Text(json, "hook", place);
        var priority = Required(json, "prio", JsonValueKind.Number, place);
        return new(
            Text(json, "type", place), TextListing.Hooks.TryGetValue(name, out var number) ? number : throw new FormatException($"{place}: there is no hook '{name}'"),
            priority.TryGetInt32(out var order) ? order : throw new FormatException($"{place}: 'prio' is {priority}, and no priority"),
            json.TryGetProperty("policy", out _) && Text(json, "policy", place) == "drop");
    }

    private static ListedObject.OfSet Set(JsonElement json, bool isMap, string place)
    {
        var type = json.TryGetProperty("type", out var said) ? said : default;
        EquatableArray<string> key = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()!],
            JsonValueKind.Array when type.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String) => type.EnumerateArray().Select(part => part.GetString()!).ToEquatableArray(),
            _ => [],
        };
        string? value = null;
        if (isMap)
        {
            value = json.TryGetProperty("map", out var to) && to.ValueKind == JsonValueKind.String ? to.GetString() : "what is said in another way";
        }
        var elements = json.TryGetProperty("elem", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(one => Element(one, isMap)).ToEquatableArray() : [];
        return new(Text(json, "family", place), Text(json, "table", place), Text(json, "name", place), key, value, Words(json, "flags", place), elements);
    }

    private static ListedElement Element(JsonElement json, bool isMap)
    {
        if (!isMap)
        {
            return new(Key(json), null, null);
        }
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != 2)
        {
            return new(Unknown(json), null, null);
        }
        return Verdict(json[1]) is { } verdict ? new(Key(json[0]), verdict, null) : new(Key(json[0]), null, Expression(json[1]));
    }

    /// <summary>An element's key; when it ends is not asked: it counts as long as it is there.</summary>
    private static ListedExpression Key(JsonElement json) =>
        Only(json) is { Name: "elem", Value: var inner } && Has(inner, "val", "timeout", "expires", "comment", "counter") && inner.TryGetProperty("val", out var value) ? Expression(value) : Expression(json);

    private static ListedStatement Statement(JsonElement json)
    {
        if (Verdict(json) is { } verdict)
        {
            return new ListedStatement.Give(verdict);
        }
        if (Only(json) is not var (name, body))
        {
            return new ListedStatement.Unknown(json.GetRawText());
        }
        return name switch
        {
            "match" when Has(body, "op", "left", "right") && Relation(body) is { } relation && body.TryGetProperty("left", out var left) && body.TryGetProperty("right", out var right) =>
                new ListedStatement.Match(Expression(left), relation, Expression(right)),
            "vmap" when Has(body, "key", "data") && Asked(body) is var (key, map) => new ListedStatement.VerdictOf(key, map),
            "mangle" when Has(body, "key", "value") && body.TryGetProperty("key", out var target) && body.TryGetProperty("value", out var value) => new ListedStatement.Write(Expression(target), Expression(value)),
            "snat" or "dnat" when Has(body, "family", "addr") && body.TryGetProperty("addr", out var address) && Word(body, "family") is "ip" or "ip6" =>
                new ListedStatement.Translate(name == "snat", Word(body, "family") == "ip6", Expression(address)),
            "reject" when Has(body, "type", "expr") => (Word(body, "type"), Word(body, "expr")) switch
            {
                ("tcp reset", null) => new ListedStatement.Reject(TcpReset: true),
                ("icmpx", "admin-prohibited") => new ListedStatement.Reject(TcpReset: false),
                _ => new ListedStatement.Unknown(json.GetRawText()),
            },
            // One by name is another program's, and counts as well.
            "counter" => new ListedStatement.Count(),
            _ => new ListedStatement.Unknown(json.GetRawText()),
        };
    }

    private static ListedRelation? Relation(JsonElement match) => Word(match, "op") switch
    {
        "==" => ListedRelation.Equal,
        "!=" => ListedRelation.NotEqual,
        "in" => ListedRelation.AnyFlag,
        "!" => ListedRelation.NoFlag,
        _ => null,
    };

    private static NftablesVerdict? Verdict(JsonElement json) => Only(json) switch
    {
        { Name: "accept", Value.ValueKind: JsonValueKind.Null } => new(NftablesVerdictKind.Accept),
        { Name: "drop", Value.ValueKind: JsonValueKind.Null } => NftablesVerdict.Drop,
        { Name: "return", Value.ValueKind: JsonValueKind.Null } => NftablesVerdict.Return,
        { Name: "goto", Value: var to } when Has(to, "target") && Word(to, "target") is { } chain => NftablesVerdict.Goto(chain),
        { Name: "jump", Value: var to } when Has(to, "target") && Word(to, "target") is { } chain => NftablesVerdict.Jump(chain),
        _ => null,
    };

    private static ListedExpression Expression(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Number:
                return json.TryGetUInt64(out var number) ? new ListedExpression.Number(number) : Unknown(json);
            case JsonValueKind.String:
                var text = json.GetString()!;
                return text.StartsWith('@') ? new ListedExpression.SetName(text[1..]) : new ListedExpression.Word(text);
            case JsonValueKind.Array:
                return new ListedExpression.Flags(json.EnumerateArray().Select(Expression).ToEquatableArray());
        }
        if (Only(json) is not var (name, body))
        {
            return Unknown(json);
        }
        return name switch
        {
            "meta" when Has(body, "key") && Word(body, "key") is { } key => new ListedExpression.Meta(key),
            "ct" when Has(body, "key", "dir") && Word(body, "key") is { } key => new ListedExpression.Connection(key, Word(body, "dir")),
            "payload" when Has(body, "protocol", "field") && Word(body, "protocol") is { } protocol && Word(body, "field") is { } field => new ListedExpression.Field(protocol, field),
            "payload" when Has(body, "base", "offset", "len") && Word(body, "base") is { } header && Number(body, "offset") is { } offset && Number(body, "len") is { } length =>
                new ListedExpression.Bits(header, offset, length),
            "fib" when Has(body, "result", "flags") && Word(body, "result") == "type" && body.TryGetProperty("flags", out var flags) && flags.ValueKind == JsonValueKind.Array
                && flags.GetArrayLength() == 1 && flags[0].ValueKind == JsonValueKind.String && flags[0].GetString() == "daddr" => new ListedExpression.DestinationType(),
            "socket" when Has(body, "key") && Word(body, "key") == "wildcard" => new ListedExpression.SocketIsWildcard(),
            // Without the level nobody can tell which group is asked: the form of nft 1.0 does not say it.
            "socket" => new ListedExpression.Unknown("a socket's control group without its level, which the form without -j says"),
            "concat" when body.ValueKind == JsonValueKind.Array => new ListedExpression.Concatenation(body.EnumerateArray().Select(Expression).ToEquatableArray()),
            "&" or "|" or "^" when body.ValueKind == JsonValueKind.Array => Combined(body, name[0]),
            "prefix" when Has(body, "addr", "len") && body.TryGetProperty("addr", out var address) && Number(body, "len") is { } bits => new ListedExpression.Prefix(Expression(address), bits),
            "range" when body.ValueKind == JsonValueKind.Array && body.GetArrayLength() == 2 => new ListedExpression.Range(Expression(body[0]), Expression(body[1])),
            "map" when Has(body, "key", "data") && Asked(body) is var (key, map) => new ListedExpression.Mapped(key, map),
            "jhash" when Has(body, "mod", "seed", "expr") && Unsigned(body, "mod") is { } modulus and > 0 && body.TryGetProperty("expr", out var hashed) =>
                new ListedExpression.Hash(Expression(hashed), modulus, Unsigned(body, "seed") ?? 0),
            _ => Unknown(json),
        };
    }

    private static ListedExpression Combined(JsonElement operands, char operation)
    {
        if (operands.GetArrayLength() < 2)
        {
            return Unknown(operands);
        }
        var value = Expression(operands[0]);
        foreach (var operand in operands.EnumerateArray().Skip(1))
        {
            if (operand.ValueKind != JsonValueKind.Number || !operand.TryGetUInt32(out var constant))
            {
                return Unknown(operands);
            }
            value = new ListedExpression.Combined(value, operation, constant);
        }
        return value;
    }

    private static (ListedExpression Key, string Map)? Asked(JsonElement body) =>
        body.TryGetProperty("key", out var key) && Word(body, "data") is ['@', _, ..] map ? (Expression(key), map[1..]) : null;

    /// <summary>The only property of an object; null of anything else.</summary>
    private static (string Name, JsonElement Value)? Only(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        (string, JsonElement)? only = null;
        foreach (var property in json.EnumerateObject())
        {
            if (only is not null)
            {
                return null;
            }
            only = (property.Name, property.Value);
        }
        return only;
    }

    /// <summary>Whether it is an object with no property but these.</summary>
    private static bool Has(JsonElement json, params ReadOnlySpan<string> names)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return false;
        }
        foreach (var property in json.EnumerateObject())
        {
            if (!names.Contains(property.Name))
            {
                return false;
            }
        }
        return true;
    }

    private static string? Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static uint? Unsigned(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number) ? number : null;

    private static JsonElement Required(JsonElement json, string name, JsonValueKind kind, string place) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : throw new FormatException($"{place}: '{name}' is not there, or something else");

    private static string Text(JsonElement json, string name, string place) => Required(json, name, JsonValueKind.String, place).GetString()!;

    /// <summary>A list of words; one alone may stand for it.</summary>
    private static EquatableArray<string> Words(JsonElement json, string name, string place) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array when value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) => value.EnumerateArray().Select(one => one.GetString()!).ToEquatableArray(),
            _ => throw new FormatException($"{place}: '{name}' is no list of words"),
        }
        : [];

    private static ListedExpression.Unknown Unknown(JsonElement json) => new(json.GetRawText());
}
