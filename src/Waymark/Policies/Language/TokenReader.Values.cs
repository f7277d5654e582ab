using System.Globalization;
using Waymark.Flows;
using Waymark.Units;

namespace Waymark.Policies.Language;

/// <summary>Numbers, addresses, names, texts and quantities.</summary>
internal abstract partial class TokenReader
{
    protected virtual uint Integer(string what, uint highest)
    {
        if (Now.Kind != TokenKind.Number)
        {
            throw Unexpected(what);
        }
        var token = Take();
        var isHex = token.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var isWhole = ulong.TryParse(isHex ? token.Text.AsSpan(2) : token.Text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        if (!isWhole && token.Text.Contains('.', StringComparison.Ordinal))
        {
            Source.Error("WAY0006", token.Start, token.End, $"{what} has no fraction, found {token}");
            return 0;
        }
        if (!isWhole || value > highest)
        {
            Source.Error("WAY1008", token.Start, token.End, $"{what} is at most {highest}, found {token}");
            return highest;
        }
        return (uint)value;
    }

    protected EquatableArray<IntegerRange> Ranges(string what, uint highest)
    {
        if (!TryTake("{"))
        {
            return [Range(what, highest)];
        }
        var ranges = new List<IntegerRange>();
        do
        {
            var start = Now;
            Add(ranges, Range(what, highest), start);
        }
        while (TryTake(","));
        Expect("}", "behind the ranges");
        return ranges.ToEquatableArray();
    }

    protected virtual IntegerRange Range(string what, uint highest)
    {
        var first = Now;
        var low = Integer(what, highest);
        if (!TryTake("-"))
        {
            return new(low, low);
        }
        var high = Integer(what, highest);
        if (high < low)
        {
            Source.Error("WAY1009", first.Start, Last.End, $"the range ends before it starts", $"did you mean {high}-{low}?");
            return new(high, low);
        }
        return new(low, high);
    }

    protected virtual IpPrefix Prefix(string what)
    {
        if (Now.Kind != TokenKind.Address)
        {
            throw Unexpected(what);
        }
        var token = Take();
        var slash = token.Text.IndexOf('/', StringComparison.Ordinal);
        var text = slash < 0 ? token.Text : token.Text[..slash];
        if (text.Split(':') is { Length: 6 } parts && parts.All(part => part.Length == 2))
        {
            throw Fail("WAY1016", token, "a hardware address tells no flows apart beyond the next router", "write an IP address or prefix");
        }
        if (!IpAddress.TryParse(text, out var address))
        {
            throw Fail("WAY0006", token, $"'{text}' is no IP address");
        }
        var width = IpAddress.Width(address.Family);
        var length = width;
        if (slash >= 0 && (!int.TryParse(token.Text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > width))
        {
            throw Fail("WAY1008", token, $"a prefix length here is at most {width}, found '{token.Text[(slash + 1)..]}'");
        }
        var prefix = new IpPrefix(address, length);
        if (prefix.First != address)
        {
            Source.Warn("WAY2009", token.Start, token.End, $"the prefix has bits behind its length", $"it means {prefix}");
        }
        return prefix;
    }

    /// <summary>A name: a word that is not reserved, or a string.</summary>
    protected virtual string Name(string what)
    {
        if (Now.Kind == TokenKind.String || (Now.Kind == TokenKind.Word && !Words.Reserved.Contains(Now.Text)))
        {
            return Text(what, PolicyLimits.NameLength);
        }
        if (Now.Kind == TokenKind.Word)
        {
            throw Fail("WAY0007", Now, $"'{Now.Text}' is a word of the language and cannot be {what} as it stands", $"quote it: \"{Now.Text}\"");
        }
        if (Now.Kind == TokenKind.Number && Then.Kind == TokenKind.Word && Then.Start == Now.End)
        {
            throw Fail("WAY0007", Now with { End = Then.End }, $"{what} that starts with a digit has to be quoted", $"quote it: \"{Now.Text}{Then.Text}\"");
        }
        throw Unexpected(what);
    }

    /// <summary>A string; <paramref name="longest"/>: how long it may be.</summary>
    protected virtual string QuotedString(string what, int longest = PolicyLimits.NameLength)
    {
        if (Now.Kind != TokenKind.String)
        {
            throw Unexpected($"{what} in quotes", Now.Kind == TokenKind.Word ? $"quote it: \"{Now.Text}\"" : null);
        }
        return Text(what, longest);
    }

    /// <summary>What a word or string says, whatever it is; refused where no other form of the policies could hold it.</summary>
    protected string Text(string what, int longest)
    {
        var token = Take();
        if (PolicyLimits.FaultOf(token.Text, longest) is var (fault, sentence))
        {
            Source.Error("WAY0014", token.Start, token.End, $"{what} {sentence}", fault == TextFault.NoText ? "remove it" : null);
        }
        return token.Text;
    }

    /// <summary>A duration with its unit; never negative.</summary>
    protected TimeSpan Duration(string what)
    {
        var start = Now;
        var quantity = Quantity(what, Dimension.Duration, isUnitNeeded: true);
        if (quantity.Value > (decimal)PolicyLimits.LongestDuration.TotalSeconds)
        {
            Source.Error("WAY1008", start.Start, Last.End, $"{what} is too long: at most {Unit.Print(PolicyLimits.LongestDuration)} are taken", "leave it out for 'for ever'");
            return TimeSpan.Zero;
        }
        return new(decimal.ToInt64(quantity.Value * TimeSpan.TicksPerSecond));
    }

    /// <summary>A number with a unit of <paramref name="dimension"/>; null: of any.</summary>
    protected virtual Quantity Quantity(string what, Dimension? dimension, bool isUnitNeeded = false, Dimension? orElse = null)
    {
        var minus = dimension != Dimension.Duration && TryTake("-") ? -1 : 1;
        if (Now.Kind != TokenKind.Number)
        {
            throw Unexpected(what);
        }
        var number = Take();
        if (!decimal.TryParse(number.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            Source.Error("WAY0006", number.Start, number.End, $"{number} is too large a number, or not a decimal one");
            value = 0;
        }
        var (unit, token) = TakeUnit();
        if (unit is null)
        {
            if (isUnitNeeded && token is null)
            {
                Source.Error("WAY1006", number.Start, number.End, $"{what} needs a unit", $"{number.Text} {Unit.Default(dimension!.Value)!.Word}, {number.Text} s?");
            }
            unit = dimension is { } known ? Unit.Default(known) : null;
            return new(Scale(minus * value, unit?.Factor ?? 1, number), dimension ?? Dimension.Number);
        }
        if (dimension is { } wanted && wanted != unit.Dimension && orElse != unit.Dimension)
        {
            Source.Error("WAY1007", token!.Value.Start, token.Value.End, $"'{unit.Word}' is a unit of {Describe(unit.Dimension)}, and {what} is {Describe(wanted)}", Units(wanted));
            return new(value, wanted);
        }
        return new(Scale(minus * value, unit.Factor, number), unit.Dimension);
    }

    private decimal Scale(decimal value, decimal factor, Token number)
    {
        try
        {
            return value * factor;
        }
        catch (OverflowException)
        {
            Source.Error("WAY1008", number.Start, number.End, $"{number} of this unit is more than can be counted");
            return 0;
        }
    }

    /// <summary>The unit that stands here, if one does; an unknown one is reported and taken.</summary>
    private (Unit? Unit, Token? Token) TakeUnit()
    {
        if (Now.Is("%"))
        {
            return (Unit.TryFind("%", out var percent) ? percent : null, Take());
        }
        if (Now.Is("/") && Then is { Kind: TokenKind.Word, Text: "GB" })
        {
            var slash = Take();
            return (Unit.TryFind("/GB", out var price) ? price : null, slash with { End = Take().End });
        }
        if (Now.Kind != TokenKind.Word || Words.Reserved.Contains(Now.Text) || !IsUnitPlace())
        {
            return (null, null);
        }
        var word = Take();
        if (Unit.TryFind(word.Text, out var unit))
        {
            return (unit, word);
        }
        Source.Error("WAY1006", word.Start, word.End, $"'{word.Text}' is no unit", NearestWord.Mend(word.Text, Unit.All.Select(one => one.Word), share: 2) ?? "units are ns us ms s min h d, bit/s kbit/s Mbit/s Gbit/s, B kB MB GB TB, %, /GB, dBm");
        return (null, word);
    }

    /// <summary>Whether a word behind a number is its unit; the languages differ in what else may stand there.</summary>
    protected virtual bool IsUnitPlace() => true;

    protected static string Describe(Dimension dimension) => dimension switch
    {
        Dimension.Number => "a bare number",
        Dimension.Duration => "a duration",
        Dimension.BitRate => "a bit rate",
        Dimension.Ratio => "a share",
        Dimension.Price => "a price",
        Dimension.Volume => "an amount of data",
        Dimension.Signal => "a signal strength",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Units(Dimension dimension) =>
        string.Join(", ", Unit.All.Where(unit => unit.Dimension == dimension).Select(unit => unit.Word)) is { Length: > 0 } list ? $"use {list}" : "leave the unit out";
}
