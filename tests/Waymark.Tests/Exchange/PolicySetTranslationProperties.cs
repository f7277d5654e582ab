using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange;

public sealed class PolicySetTranslationProperties
{
    [Fact]
    public void A_set_comes_back_from_the_wire_as_it_went() => PolicySetSamples.Set.Sample(set =>
    {
        var bytes = PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray();
        var again = PolicySetTranslation.ToCore(V1.PolicySet.Parser.ParseFrom(bytes), "t", out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(set, again);
    }, iter: 400);

    [Fact]
    public void A_set_comes_back_from_JSON_as_it_went() => PolicySetSamples.Set.Sample(set =>
    {
        var again = PolicySetJson.FromJson(PolicySetJson.ToJson(set), "t", out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(set, again);
    }, iter: 400);

    /// <summary>What a program may say in JSON a person may say in the language: 'waymark convert' loses nothing on either way.</summary>
    [Fact]
    public void A_set_that_JSON_can_say_the_language_can_say() => PolicySetSamples.Set.Sample(set =>
    {
        // A name of a flow that is defined nowhere is a mistake in a text; a message is looked at for it when it is submitted.
        var text = PolicyPrinter.Print(set);
        var parse = PolicyLanguage.Parse(text, "t");
        var mistakes = parse.Diagnostics.Where(one => one.Severity == Severity.Error && one.Code is not ("WAY1001" or "WAY1021")).ToArray();
        Assert.True(mistakes.Length == 0, string.Concat(mistakes.Select(one => DiagnosticText.Render(one, text))));
        if (parse.Set is { } again)
        {
            Assert.Equal(set, again);
        }
    }, iter: 1000);

    [Fact]
    public void A_message_comes_back_from_the_core_as_it_went() => PolicySetSamples.Set.Sample(set =>
    {
        var wire = PolicySetTranslation.ToWire(set);
        Assert.Equal(wire, PolicySetTranslation.ToWire(PolicySetTranslation.ToCore(wire, "t", out _)!));
    }, iter: 400);

    [Fact]
    public void Our_reader_takes_from_JSON_what_protobuf_takes() => PolicySetSamples.Set.Sample(set =>
    {
        var json = PolicySetJson.ToJson(set);
        var theirs = JsonParser.Default.Parse<V1.PolicySet>(json);
        var ours = MessageJsonReader.Read<V1.PolicySet>(System.Text.Encoding.UTF8.GetBytes(json), "t", out _)!;
        RemovePlaces(ours);
        Assert.Equal(theirs, ours);
    }, iter: 200);

    /// <summary>Whatever bytes come, the answer is a set or a list of mistakes: every scalar of a good message is replaced by the extremes of its kind.</summary>
    [Fact]
    public void A_message_with_extreme_values_is_taken_or_refused_and_never_breaks_the_reader() =>
        Gen.Select(PolicySetSamples.Set, Gen.Int[0, int.MaxValue], Gen.Int[0, 5]).Sample((set, which, how) =>
        {
            var wire = PolicySetTranslation.ToWire(set);
            var scalars = Scalars(wire).ToArray();
            if (scalars.Length == 0)
            {
                return;
            }
            var (message, field) = scalars[which % scalars.Length];
            field.Accessor.SetValue(message, Extreme(field.FieldType, how));
            var core = PolicySetTranslation.ToCore(wire, "t", out var diagnostics);
            Assert.Equal(core is null, !diagnostics.IsEmpty);
            if (core is not null)
            {
                Assert.Equal(core, PolicySetJson.FromJson(PolicySetJson.ToJson(core), "t", out _));
            }
        }, iter: 2000);

    [Fact]
    public void JSON_with_a_changed_byte_is_taken_or_refused_and_never_breaks_the_reader() =>
        Gen.Select(PolicySetSamples.Set, Gen.Int[0, int.MaxValue], Gen.Int[0, 9]).Sample((set, where, how) =>
        {
            var json = PolicySetJson.ToJson(set);
            where %= json.Length;
            json = how switch
            {
                0 => json[..where],
                1 => json.Remove(where, 1),
                _ => json[..where] + "\"{[}],:1\\"[how - 2] + json[(where + 1)..],
            };
            var core = PolicySetJson.FromJson(json, "t", out var diagnostics);
            Assert.Equal(core is null, !diagnostics.IsEmpty);
            Assert.All(diagnostics, one => Assert.NotEmpty(one.Message));
        }, iter: 2000);

    /// <summary>The reader knows the kinds of field that the contract has: a new kind has to be taught to it.</summary>
    [Fact]
    public void The_JSON_reader_knows_every_kind_of_field_of_a_policy_set()
    {
        var seen = new HashSet<MessageDescriptor>();
        var open = new Stack<MessageDescriptor>([V1.PolicySet.Descriptor]);
        while (open.TryPop(out var type))
        {
            if (!seen.Add(type) || type.FullName == "google.protobuf.Duration")
            {
                continue;
            }
            foreach (var field in type.Fields.InDeclarationOrder())
            {
                Assert.Contains(field.FieldType, new[] { FieldType.Message, FieldType.String, FieldType.Bool, FieldType.UInt32, FieldType.Int32, FieldType.Enum });
                Assert.False(field.IsMap);
                Assert.InRange(field.Index, 0, 63);
                if (field.FieldType == FieldType.Message)
                {
                    open.Push(field.MessageType);
                }
            }
        }
    }

    private static IEnumerable<(IMessage Message, FieldDescriptor Field)> Scalars(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType != FieldType.Message)
            {
                if (!field.IsRepeated && (field.RealContainingOneof is null || field.RealContainingOneof.Accessor.GetCaseFieldDescriptor(message) == field))
                {
                    yield return (message, field);
                }
                continue;
            }
            var inner = field.Accessor.GetValue(message);
            foreach (var one in field.IsRepeated ? ((System.Collections.IEnumerable)inner).Cast<IMessage>() : inner is IMessage single ? [single] : [])
            {
                foreach (var found in Scalars(one))
                {
                    yield return found;
                }
            }
        }
    }

    private static object Extreme(FieldType type, int how) => type switch
    {
        FieldType.String => new[] { "", "\0", new string('9', 70), "-0.00000000000000000000000000000000001", "79228162514264337593543950335", new string('x', 5000) }[how],
        FieldType.Bool => how % 2 == 0,
        FieldType.UInt32 => new[] { 0u, 1u, uint.MaxValue, 65536u, 256u, 64u }[how],
        FieldType.Int64 => new[] { 0L, -1L, long.MinValue, long.MaxValue, 315_576_000_000, 1L }[how],
        _ => new[] { int.MinValue, -1, 0, 1, 1000, int.MaxValue }[how],
    };

    private static void RemovePlaces(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            if (field.Name == "place")
            {
                field.Accessor.Clear(message);
                continue;
            }
            var inner = field.Accessor.GetValue(message);
            foreach (var one in field.IsRepeated ? ((System.Collections.IEnumerable)inner).Cast<IMessage>() : inner is IMessage single ? [single] : [])
            {
                RemovePlaces(one);
            }
        }
    }
}
