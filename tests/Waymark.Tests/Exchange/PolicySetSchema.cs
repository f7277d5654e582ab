using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange;

/// <summary>
/// Writes the JSON Schema (draft 2020-12) of policy sets: shapes from the contract's descriptors, sentences from the comments of its .proto files, so that
/// neither can drift from what the reader takes.
/// </summary>
internal static class PolicySetSchema
{
    private const string Span = "google.protobuf.Duration";

    /// <summary>The whole schema, indented, ending in a newline.</summary>
    public static string Write()
    {
        var comments = Comments();
        var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var open = new Queue<MessageDescriptor>([V1.PolicySet.Descriptor]);
        while (open.TryDequeue(out var type))
        {
            if (definitions.ContainsKey(type.Name))
            {
                continue;
            }
            definitions.Add(type.Name, type.FullName == Span ? SpanSchema() : Message(type, comments));
            foreach (var field in type.FullName == Span ? [] : type.Fields.InDeclarationOrder())
            {
                if (field.FieldType == FieldType.Message)
                {
                    open.Enqueue(field.MessageType);
                }
                else if (field.FieldType == FieldType.Enum)
                {
                    definitions.TryAdd(field.EnumType.Name, Choice(field.EnumType, comments));
                }
            }
        }
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Waymark policy set",
            ["$ref"] = "#/$defs/PolicySet",
            ["$defs"] = new JsonObject(definitions.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
        };
        return schema.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static JsonObject Message(MessageDescriptor type, Dictionary<string, string> comments)
    {
        var properties = new JsonObject();
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            var value = Value(field);
            if (field.IsRepeated)
            {
                value = new() { ["type"] = "array", ["items"] = value };
                if (comments[$"{type.Name}.{field.Name}"].Contains("t least one", StringComparison.Ordinal) || comments[$"{type.Name}.{field.Name}"].Contains("t least two", StringComparison.Ordinal))
                {
                    value["minItems"] = comments[$"{type.Name}.{field.Name}"].Contains("t least two", StringComparison.Ordinal) ? 2 : 1;
                }
            }
            value["description"] = comments[$"{type.Name}.{field.Name}"];
            properties[field.JsonName] = value;
        }
        var schema = new JsonObject { ["description"] = comments[type.Name], ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (type.RealOneofCount > 0)
        {
            // Every message of the contract with a choice is that choice and nothing else.
            schema["minProperties"] = 1;
            schema["maxProperties"] = 1;
        }
        return schema;
    }

    private static JsonObject Value(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => new() { ["$ref"] = "#/$defs/" + field.MessageType.Name },
        FieldType.Enum => new() { ["$ref"] = "#/$defs/" + field.EnumType.Name },
        FieldType.String => new() { ["type"] = "string" },
        FieldType.Bool => new() { ["type"] = "boolean" },
        FieldType.UInt32 => new() { ["type"] = "integer", ["minimum"] = uint.MinValue, ["maximum"] = uint.MaxValue },
        FieldType.Int32 => new() { ["type"] = "integer", ["minimum"] = int.MinValue, ["maximum"] = int.MaxValue },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static JsonObject Choice(EnumDescriptor type, Dictionary<string, string> comments) => new()
    {
        ["description"] = comments[type.Name],
        ["enum"] = new JsonArray([.. type.Values.Where(one => !Refused(one, comments)).Select(one => (JsonNode)one.Name)]),
    };

    /// <summary>The contract says "Refused" of a zero that a sender may not leave.</summary>
    private static bool Refused(EnumValueDescriptor value, Dictionary<string, string> comments) =>
        value.Number == 0 && comments[$"{value.EnumDescriptor.Name}.{value.Name}"].StartsWith("Refused", StringComparison.Ordinal);

    private static JsonObject SpanSchema() => new() { ["description"] = "A time span in seconds with an s behind: \"2.5s\".", ["type"] = "string", ["pattern"] = "^-?[0-9]+(\\.[0-9]{1,9})?s$" };

    /// <summary>The comment above each message, enumeration, field and value: "Flow", "Flow.named", "IpFamily.IP_FAMILY_V4".</summary>
    private static Dictionary<string, string> Comments()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in System.IO.Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "src/Waymark.Exchange/Wire/waymark/v1"), "*.proto"))
        {
            string type = "", comment = "";
            foreach (var line in System.IO.File.ReadLines(file).Select(line => line.Trim()))
            {
                if (line.StartsWith("//", StringComparison.Ordinal))
                {
                    comment = (comment + " " + line[2..].Trim()).Trim();
                    continue;
                }
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words is ["message" or "enum", var name, ..])
                {
                    type = name;
                    found[type] = comment;
                }
                else if (words.Length > 2 && Array.IndexOf(words, "=") is > 0 and var at)
                {
                    found[$"{type}.{words[at - 1]}"] = comment;
                }
                comment = "";
            }
        }
        return found;
    }
}
