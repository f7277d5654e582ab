using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Waymark.Tests.Fuzz;

/// <summary>Messages of any type with whatever in them that the wire can carry: what is left out, empty, huge, not a number, of no name that the contract has; and now and then what makes sense.</summary>
/// <param name="random">Seeded.</param>
/// <param name="words">Texts that mean something to whoever reads the messages.</param>
internal sealed class RandomMessage(Random random, IReadOnlyList<string> words)
{
    private const int Deepest = 7, MostElements = 3;

    private static readonly string[] Odd = ["", " ", "/", "..", "\0", "\n", "\u202e", "\ud83d\ude00", "a b", "'", "\"", "\\", "-1", "1e999", "NaN", "0x10", "00", ":", "::", "::/129", "0.0.0.0/33", "255.255.255.255", "ff02::1", "fe80::1%lo"];
    private static readonly double[] Doubles = [0, -0.0, 1, -1, 0.5, 100, 1e-320, 1e308, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly long[] Longs = [0, 1, -1, 2, 7, 60, 100, 999_999_999, 1_000_000_000, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 253_402_300_800, 315_576_000_001];

    private static readonly long[] Lengths = [0, 1, 60, 3600, 86_400, 36_500 * 86_400L, 100_000 * 86_400L, Duration.MaxSeconds];

    /// <summary>A message.</summary>
    public IMessage Of(MessageDescriptor type) => Of(type, 0);

    /// <summary>Another value for one field somewhere in a message.</summary>
    public void Change(IMessage message)
    {
        while (true)
        {
            var fields = message.Descriptor.Fields.InDeclarationOrder();
            if (fields.Count == 0)
            {
                return;
            }
            var field = fields[random.Next(fields.Count)];
            var inner = field.FieldType != FieldType.Message ? null
                : field.IsRepeated ? ((System.Collections.IList)field.Accessor.GetValue(message)) is { Count: > 0 } list ? (IMessage?)list[random.Next(list.Count)] : null
                : (IMessage?)field.Accessor.GetValue(message);
            if (inner is null || random.Next(4) == 0)
            {
                Set(message, field, Deepest - 2);
                return;
            }
            message = inner;
        }
    }

    private IMessage Of(MessageDescriptor type, int depth)
    {
        if (type == Duration.Descriptor && random.Next(3) > 0)
        {
            // One that could be meant.
            return new Duration { Seconds = Lengths[random.Next(Lengths.Length)] };
        }
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder().Where(_ => random.Next(3) > 0))
        {
            Set(message, field, depth);
        }
        return message;
    }

    private void Set(IMessage message, FieldDescriptor field, int depth)
    {
        if (field.FieldType == FieldType.Message && depth >= Deepest)
        {
            return;
        }
        if (!field.IsRepeated)
        {
            field.Accessor.SetValue(message, Value(field, depth));
            return;
        }
        var list = (System.Collections.IList)field.Accessor.GetValue(message);
        list.Clear();
        for (var count = random.Next(MostElements + 1); count > 0; count--)
        {
            list.Add(Value(field, depth));
        }
    }

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType, depth + 1),
        FieldType.String => Text(),
        FieldType.Bytes => ByteString.CopyFrom(Bytes(random.Next(20))),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Double => random.Next(4) == 0 ? random.NextDouble() * 100 : Doubles[random.Next(Doubles.Length)],
        FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, random.Next(6) == 0 ? unchecked((int)Long()) : random.Next(field.EnumType.Values.Count + 1)),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)Long()),
        FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)Long()),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Long(),
        FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)Long()),
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}"),
    };

    private long Long() => random.Next(3) == 0 ? random.Next(70_000) : Longs[random.Next(Longs.Length)];

    private string Text() => random.Next(8) switch
    {
        0 or 1 => Odd[random.Next(Odd.Length)],
        2 => new string((char)random.Next('a', 'z' + 1), random.Next(4) == 0 ? 100_000 : random.Next(2000)),
        _ => words[random.Next(words.Count)],
    };

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
