using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>
/// Reads a message from JSON by protobuf's JSON mapping. Takes UTF-8 and the message's descriptor; gives the message, or every mistake of the text with line,
/// column, path and mend, where Google.Protobuf's own parser gives the first one without a place. A message that has a field <c>place</c> gets its place in
/// the JSON text, so that what the daemon says later names a line too. Refuses what that parser takes in silence: a field that is given twice.
/// </summary>
/// <remarks>Reads the kinds of field that a policy set is made of and no other; a test walks the contract and holds it to that.</remarks>
internal ref struct MessageJsonReader
{
    private const string Mend = "compare it with docs/policy-set.schema.json";

    /// <summary>Objects and lists alternate at most; behind <see cref="WireLimits.Depth"/> messages nothing is taken anyway.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = (2 * WireLimits.Depth) + 8 };

    private readonly ReadOnlySpan<byte> text;
    private readonly WireReading reading;
    private Utf8JsonReader json;
    private bool isTooDeep;
    private int line;
    private int column;
    private int counted;

    private MessageJsonReader(ReadOnlySpan<byte> text, WireReading reading)
    {
        this.text = text;
        this.reading = reading;
        json = new(text, Options);
        line = 1;
    }

    /// <summary>The message; null where the text has mistakes.</summary>
    /// <param name="utf8">The text; a byte order mark before it counts for nothing.</param>
    /// <param name="file">What diagnostics call it.</param>
    /// <param name="diagnostics">Every mistake, in order; behind text that is no JSON nothing more can be told. Empty where the message is given.</param>
    internal static T? Read<T>(ReadOnlySpan<byte> utf8, string file, out EquatableArray<Diagnostic> diagnostics)
        where T : class, IMessage, new()
    {
        var reading = new WireReading(file);
        var reader = new MessageJsonReader(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8, reading);
        var message = new T();
        reader.ReadAll(message);
        diagnostics = reading.Diagnostics;
        return reading.IsClean ? message : null;
    }

    private void ReadAll(IMessage message)
    {
        try
        {
            json.Read();
            Read(message);
            json.Read();
        }
        catch (JsonException malformed)
        {
            if (!isTooDeep)
            {
                reading.At(PlaceOf(malformed));
                if (malformed.Message.Contains("depth", StringComparison.Ordinal))
                {
                    // The reader's own limit, which no set that is taken reaches.
                    reading.RefuseNesting();
                    return;
                }
                reading.Refuse(WireReading.Malformed, Sentence(malformed.Message), Mend);
            }
        }
    }

    /// <summary>Reads the fields of a message; the reader stands on the value's first token and then on its last.</summary>
    private void Read(IMessage message)
    {
        var type = message.Descriptor;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            RefuseKind("an object");
            return;
        }
        if (reading.IsTooDeep())
        {
            isTooDeep = true;
            json.Skip();
            return;
        }
        var start = Here();
        var given = 0UL;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            reading.At(Here());
            var name = String() ?? "";
            var field = type.Fields.InDeclarationOrder().FirstOrDefault(one => one.JsonName == name || one.Name == name);
            json.Read();
            if (field is null)
            {
                reading.Refuse(WireReading.Malformed, $"no field is called '{Shorten(name)}' here", Mended(name, type.Fields.InDeclarationOrder().Select(one => one.JsonName)));
                json.Skip();
            }
            else if (json.TokenType != JsonTokenType.Null && IsFirst(message, field, ref given))
            {
                Read(message, field);
            }
            else
            {
                json.Skip();
            }
        }
        if (type.FindFieldByName("place") is { } place && place.Accessor.GetValue(message) is null)
        {
            place.Accessor.SetValue(message, new V1.Place { Line = (uint)start.Line, Column = (uint)start.Column });
        }
    }

    /// <summary>Whether the field, and no other of its choice, has not been given yet; refused where it has.</summary>
    private readonly bool IsFirst(IMessage message, FieldDescriptor field, ref ulong given)
    {
        var bit = 1UL << field.Index;
        if ((given & bit) != 0)
        {
            reading.Refuse(WireReading.Malformed, $"'{field.JsonName}' is given twice", "leave one out");
            return false;
        }
        given |= bit;
        if (field.RealContainingOneof?.Accessor.GetCaseFieldDescriptor(message) is { } other)
        {
            reading.Refuse(WireReading.BadCombination, $"'{field.JsonName}' stands beside '{other.JsonName}', and only one of them can be given", "leave one out");
            return false;
        }
        return true;
    }

    private void Read(IMessage message, FieldDescriptor field)
    {
        if (!field.IsRepeated)
        {
            using (reading.Enter(field.JsonName))
            {
                if (Value(field) is { } value)
                {
                    field.Accessor.SetValue(message, value);
                }
            }
            return;
        }
        if (json.TokenType != JsonTokenType.StartArray)
        {
            using (reading.Enter(field.JsonName))
            {
                RefuseKind("a list");
            }
            return;
        }
        var list = (IList)field.Accessor.GetValue(message);
        for (var i = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; i++)
        {
            using (reading.Enter(field.JsonName, i))
            {
                if (i >= PolicyLimits.Statements)
                {
                    if (i == PolicyLimits.Statements)
                    {
                        reading.At(Here());
                        reading.Refuse(WireReading.TooMuch, $"no list has more than {PolicyLimits.Statements} entries", "split the set into several");
                    }
                    json.Skip();
                }
                else if (Value(field) is { } value)
                {
                    list.Add(value);
                }
            }
        }
    }

    /// <summary>One value of the field's kind; null, and refused, where it is of another.</summary>
    private object? Value(FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when field.MessageType == Duration.Descriptor:
                return Span();
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(message);
                return message;
            case FieldType.String:
                return json.TokenType == JsonTokenType.String ? String() : RefuseKind("a string");
            case FieldType.Bool:
                return json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : RefuseKind("true or false");
            case FieldType.UInt32:
                return Integer(uint.MinValue, uint.MaxValue) is { } natural ? (uint)natural : null;
            case FieldType.Int32:
                return Integer(int.MinValue, int.MaxValue) is { } integer ? (int)integer : null;
            case FieldType.Enum:
                return Choice(field.EnumType);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>A whole number; as a string too, as the mapping has it.</summary>
    private long? Integer(long low, long high)
    {
        if (json.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            RefuseKind("a whole number");
            return null;
        }
        reading.At(Here());
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var written = json.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(json.ValueSpan) : String() ?? "";
        if (!decimal.TryParse(written, Plain, CultureInfo.InvariantCulture, out var value) || decimal.Truncate(value) != value || value < low || value > high)
        {
            reading.Refuse(WireReading.OutOfRange, string.Create(CultureInfo.InvariantCulture, $"{Shorten(written)} is not a whole number from {low} to {high}"));
            return null;
        }
        return (long)value;
    }

    /// <summary>A value of an enumeration, by its name or its number.</summary>
    private object? Choice(EnumDescriptor type)
    {
        if (json.TokenType == JsonTokenType.Number)
        {
            return Integer(int.MinValue, int.MaxValue) is { } number ? (int)number : null;
        }
        if (json.TokenType != JsonTokenType.String)
        {
            return RefuseKind("a string");
        }
        reading.At(Here());
        var name = String() ?? "";
        if (type.FindValueByName(name) is { } found)
        {
            return found.Number;
        }
        reading.Refuse(WireReading.BadText, $"'{Shorten(name)}' is not known here", Mended(name, type.Values.Where(one => one.Number != 0).Select(one => one.Name)));
        return null;
    }

    /// <summary>A time span: a string of seconds with up to nine decimals and an "s" behind.</summary>
    private Duration? Span()
    {
        if (json.TokenType != JsonTokenType.String)
        {
            RefuseKind("a time span as a string, \"2.5s\"");
            return null;
        }
        reading.At(Here());
        var written = String() ?? "";
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (written.EndsWith('s') && decimal.TryParse(written.AsSpan(0, written.Length - 1), Plain, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(seconds) <= Duration.MaxSeconds && seconds * 1_000_000_000 is var nanoseconds && decimal.Truncate(nanoseconds) == nanoseconds)
        {
            return new() { Seconds = (long)decimal.Truncate(seconds), Nanos = (int)(nanoseconds % 1_000_000_000) };
        }
        reading.Refuse(WireReading.BadText, $"'{Shorten(written)}' is not a time span", "write it in seconds with an s: \"2.5s\"");
        return null;
    }

    /// <summary>The token's string; null, and refused, where it holds half a surrogate pair or bytes that are not UTF-8.</summary>
    private string? String()
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            // The reader's word for text that no string can hold.
            reading.At(Here());
            reading.Refuse(WireReading.BadText, "the string is not valid Unicode", "save it as UTF-8 and write characters beyond U+FFFF as a pair of escapes");
            return null;
        }
    }

    private object? RefuseKind(string wanted)
    {
        reading.At(Here());
        reading.Refuse(WireReading.Malformed, $"{Found()} stands where {wanted} is needed", Mend);
        json.Skip();
        return null;
    }

    private readonly string Found() => json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    /// <summary>Where the present token stands. Tokens only go forward, so lines are counted once.</summary>
    private Place Here()
    {
        var index = (int)json.TokenStartIndex;
        for (int next; (next = text[counted..index].IndexOf((byte)'\n')) >= 0; line++)
        {
            counted += next + 1;
            column = 0;
        }
        // From where the last one stood: all of it may be one line.
        column += Encoding.UTF8.GetCharCount(text[counted..index]);
        counted = index;
        return new(line, column + 1);
    }

    private readonly Place PlaceOf(JsonException malformed)
    {
        var row = (int)(malformed.LineNumber ?? 0);
        var rest = text;
        for (var i = 0; i < row; i++)
        {
            rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
        }
        return new(row + 1, Encoding.UTF8.GetCharCount(rest[..(int)Math.Min(malformed.BytePositionInLine ?? 0, rest.Length)]) + 1);
    }

    private static string Mended(string name, IEnumerable<string> known)
    {
        var all = known.ToArray();
        return (name.Length == 0 ? null : NearestWord.Mend(name, all)) ?? (all.Length == 0 ? "leave it empty: {}" : $"give {(all.Length == 1 ? "" : "one of ")}{string.Join(", ", all)}");
    }

    /// <summary>The reader's own sentence without the position, which the diagnostic has already, and without its full stop.</summary>
    private static string Sentence(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var sentence = (end < 0 ? message : message[..end]).TrimEnd('.');
        return sentence.Length == 0 ? "this is not JSON" : $"this is not JSON: {char.ToLower(sentence[0], CultureInfo.InvariantCulture)}{sentence[1..]}";
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
