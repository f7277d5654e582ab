using System.Globalization;
using System.Text;
using Google.Protobuf;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>
/// The JSON form of policy sets: protobuf's own JSON mapping of <c>waymark.v1.PolicySet</c>, no more and no less. <c>FromJson(ToJson(set)) == set</c>.
/// </summary>
public static class PolicySetJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    /// <summary>The set in JSON, indented, ending in a newline; fields with their default value and places in a text are left out.</summary>
    public static string ToJson(PolicySet set) => Formatter.Format(PolicySetTranslation.ToWire(set)) + "\n";

    /// <summary>The set of a JSON text; null where it has mistakes.</summary>
    /// <param name="json">The text; field names as in the schema (<c>lowerCamelCase</c>) or as in the contract (<c>snake_case</c>).</param>
    /// <param name="file">What diagnostics call the text.</param>
    /// <param name="diagnostics">Every mistake; JSON that is not well-formed yields the first one only. Empty where the set is given.</param>
    public static PolicySet? FromJson(string json, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (Encoding.UTF8.GetByteCount(json) > WireLimits.MessageBytes)
        {
            diagnostics = [Error(WireReading.TooMuch, file, $"the text is larger than the {WireLimits.MessageBytes >> 20} MiB that are taken", "split it into several sets")];
            return null;
        }
        V1.PolicySet wire;
        try
        {
            wire = Parser.Parse<V1.PolicySet>(json);
        }
        catch (Exception refusal) when (refusal is InvalidProtocolBufferException or InvalidJsonException)
        {
            // Nothing was read: the parser's own sentence says what it met. It knows no line.
            diagnostics = [Error(WireReading.Malformed, file, Sentence(refusal.Message), "compare it with docs/schema/policy-set.schema.json")];
            return null;
        }
        return PolicySetTranslation.ToCore(wire, file, out diagnostics);
    }

    private static Diagnostic Error(string code, string file, string message, string mend) => new(code, Severity.Error, file, 0, 0, 1, message, mend);

    private static string Sentence(string message)
    {
        var text = message.TrimEnd('.');
        return text.Length == 0 ? text : char.ToLower(text[0], CultureInfo.InvariantCulture) + text[1..];
    }
}
