using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Waymark.Tests.Exchange;

/// <summary>Holds a JSON value against a schema: the keywords that docs/policy-set.schema.json uses (JSON Schema draft 2020-12), and no other.</summary>
internal sealed class SchemaCheck(JsonNode schema)
{
    private static readonly string[] Known =
        ["$schema", "$defs", "$ref", "title", "description", "type", "additionalProperties", "properties", "minProperties", "maxProperties", "items", "minItems", "enum", "pattern", "minimum", "maximum"];

    /// <summary>Paths of what does not fit; empty where all does.</summary>
    public IEnumerable<string> Mistakes(JsonNode? value) => Mistakes(value, schema.AsObject(), "$");

    private IEnumerable<string> Mistakes(JsonNode? value, JsonObject rule, string path)
    {
        Assert.All(rule, one => Assert.Contains(one.Key, Known));
        if (rule["$ref"]?.GetValue<string>() is { } reference)
        {
            foreach (var mistake in Mistakes(value, schema["$defs"]![reference["#/$defs/".Length..]]!.AsObject(), path))
            {
                yield return mistake;
            }
        }
        if (rule["enum"] is JsonArray choices && !choices.Any(one => JsonNode.DeepEquals(one, value)))
        {
            yield return path + ": not one of the enumeration";
        }
        if (rule["type"]?.GetValue<string>() is { } type && !Is(value, type))
        {
            yield return $"{path}: not {type}";
            yield break;
        }
        if (rule["pattern"]?.GetValue<string>() is { } pattern && !Regex.IsMatch(value!.GetValue<string>(), pattern))
        {
            yield return path + ": not of the pattern";
        }
        if (rule["minimum"] is { } minimum && rule["maximum"] is { } maximum && (Number(value!) < Number(minimum) || Number(value!) > Number(maximum)))
        {
            yield return path + ": out of range";
        }
        if (value is JsonArray list && rule["items"] is JsonObject items)
        {
            if (rule["minItems"] is { } least && list.Count < least.GetValue<int>())
            {
                yield return path + ": too few";
            }
            foreach (var mistake in list.SelectMany((item, i) => Mistakes(item, items, $"{path}[{i}]")))
            {
                yield return mistake;
            }
        }
        if (value is JsonObject fields && rule["properties"] is JsonObject properties)
        {
            if (rule["minProperties"] is { } least && (fields.Count < least.GetValue<int>() || fields.Count > rule["maxProperties"]!.GetValue<int>()))
            {
                yield return path + ": not exactly one";
            }
            foreach (var (name, inner) in fields)
            {
                foreach (var mistake in properties[name] is JsonObject known ? Mistakes(inner, known, $"{path}.{name}") : [$"{path}.{name}: not known"])
                {
                    yield return mistake;
                }
            }
        }
    }

    private static bool Is(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == System.Text.Json.JsonValueKind.String,
        "boolean" => value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "integer" => value?.GetValueKind() == System.Text.Json.JsonValueKind.Number && decimal.IsInteger(Number(value)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static decimal Number(JsonNode value) => decimal.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
}
