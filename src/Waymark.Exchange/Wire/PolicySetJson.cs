using System.Text;
using Google.Protobuf;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>
/// The JSON form of policy sets: protobuf's own JSON mapping of <c>waymark.v1.PolicySet</c> (docs/json-form.md). <c>FromJson(ToJson(set)) == set</c>.
/// </summary>
public static class PolicySetJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());

    /// <summary>The set in JSON, indented, ending in a newline; fields with their default value and places in a text are left out.</summary>
    public static string ToJson(PolicySet set) => Formatter.Format(PolicySetTranslation.ToWire(set)) + "\n";

    /// <summary>The set of a JSON text; null where it has mistakes.</summary>
    /// <param name="json">The text; field names as in the schema (<c>lowerCamelCase</c>) or as in the contract (<c>snake_case</c>).</param>
    /// <param name="file">What diagnostics call the text.</param>
    /// <param name="diagnostics">
    /// Every mistake, each with the path of the field in the message. Where the text does not have the form of a set at all, its mistakes of form come alone: what it says is looked at
    /// once it can be read. Empty where the set is given.
    /// </param>
    public static PolicySet? FromJson(string json, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (Encoding.UTF8.GetByteCount(json) > WireLimits.MessageBytes)
        {
            diagnostics = [new(WireReading.TooMuch, Severity.Error, file, 0, 0, 1, $"the text is larger than the {WireLimits.MessageBytes >> 20} MiB that are taken", "split it into several sets")];
            return null;
        }
        return MessageJsonReader.Read<V1.PolicySet>(Encoding.UTF8.GetBytes(json), file, out diagnostics) is { } wire ? PolicySetTranslation.ToCore(wire, file, out diagnostics) : null;
    }
}
