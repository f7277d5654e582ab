using System.Globalization;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>Reads the words of a rule, or of an element, in nft's own form. What is not known ends it, as one unknown statement.</summary>
/// <param name="words">The words, without the rule's comment.</param>
internal sealed class RuleText(IReadOnlyList<ListedToken> words)
{
    private int at;

    /// <summary>Its statements, in order.</summary>
    public IEnumerable<ListedStatement> Statements()
    {
        while (at < Words.Count)
        {
            var start = at;
            if (Statement() is { } statement)
            {
                yield return statement;
                continue;
            }
            yield return new ListedStatement.Unknown(Rest(start));
            yield break;
        }
    }

    /// <summary>An element of a set or map; when it ends is not asked: it counts as long as it is there.</summary>
    public static ListedElement Element(IReadOnlyList<ListedToken> element, bool isMap)
    {
        var colon = isMap ? element.Index().LastOrDefault(one => one.Item.Is(":"), (-1, default)).Index : element.Count;
        if (colon < 0)
        {
            return new(new ListedExpression.Unknown(new RuleText(element).Rest(0)), null, null);
        }
        var of = new RuleText([.. element.Take(colon)]);
        var key = of.Constant();
        while (key is not null && of.Take("."))
        {
            key = of.Constant() is { } part ? new ListedExpression.Concatenation(key is ListedExpression.Concatenation(var parts) ? [.. parts, part] : [key, part]) : null;
        }
        while (of.Take("timeout") || of.Take("expires") || of.Take("comment"))
        {
            of.at++;
        }
        if (of.at != of.Words.Count)
        {
            key = null;
        }
        key ??= new ListedExpression.Unknown(of.Rest(0));
        if (!isMap)
        {
            return new(key, null, null);
        }
        var to = new RuleText([.. element.Skip(colon + 1)]);
        return to.Verdict() is { } verdict ? new(key, verdict, null) : new(key, null, to.Constant() ?? new ListedExpression.Unknown(to.Rest(0)));
    }

    private IReadOnlyList<ListedToken> Words { get; } = words;

    private ListedToken? Peek => at < Words.Count ? Words[at] : null;

    private ListedStatement? Statement()
    {
        if (Verdict() is { } verdict)
        {
            return new ListedStatement.Give(verdict);
        }
        if (Take("counter"))
        {
            if (Take("packets"))
            {
                // packets N bytes N
                at += 3;
            }
            return new ListedStatement.Count();
        }
        if (Take("reject"))
        {
            return !Take("with") ? null
                : Take("tcp") ? Take("reset") ? new ListedStatement.Reject(TcpReset: true) : null
                : Take("icmpx") && (Take("type") || true) && Take("admin-prohibited") ? new ListedStatement.Reject(TcpReset: false)
                : null;
        }
        if (Take("snat") || Take("dnat"))
        {
            var isSource = Words[at - 1].Is("snat");
            bool? isV6 = Take("ip") ? false : Take("ip6") ? true : null;
            return isV6 is { } family && Take("to") && Expression() is { } address && (at == Words.Count || Peek is { Text: "comment" })
                ? new ListedStatement.Translate(isSource, family, address) : null;
        }
        if (Expression() is not { } left)
        {
            return null;
        }
        if (Take("set"))
        {
            return (Number() is { } constant ? new ListedExpression.Number(constant) : Expression()) is { } value ? new ListedStatement.Write(left, value) : null;
        }
        if (Take("vmap"))
        {
            return SetName() is { } map ? new ListedStatement.VerdictOf(left, map) : null;
        }
        var relation = Take("!=") ? ListedRelation.NotEqual
            : Take("!") ? ListedRelation.NoFlag
            : Take("==") ? ListedRelation.Equal
            : left is ListedExpression.Connection("state" or "status", null) ? ListedRelation.AnyFlag
            : ListedRelation.Equal;
        return (SetName() is { } set ? new ListedExpression.SetName(set) : Constant()) is { } right ? new ListedStatement.Match(left, relation, right) : null;
    }

    private NftablesVerdict? Verdict()
    {
        if (Take("accept"))
        {
            return new(NftablesVerdictKind.Accept);
        }
        if (Take("drop"))
        {
            return NftablesVerdict.Drop;
        }
        if (Take("return"))
        {
            return NftablesVerdict.Return;
        }
        if (Take("goto") && at < Words.Count)
        {
            return NftablesVerdict.Goto(Words[at++].Text);
        }
        return Take("jump") && at < Words.Count ? NftablesVerdict.Jump(Words[at++].Text) : null;
    }

    /// <summary>Something of the packet; several, one after the other, where points stand between them; what a map says of that.</summary>
    private ListedExpression? Expression()
    {
        var start = at;
        var first = Part();
        while (first is not null && Take("."))
        {
            first = Part() is { } part ? new ListedExpression.Concatenation(first is ListedExpression.Concatenation(var parts) ? [.. parts, part] : [first, part]) : null;
        }
        if (first is not null && Take("map"))
        {
            first = SetName() is { } map ? new ListedExpression.Mapped(first, map) : null;
        }
        at = first is null ? start : at;
        return first;
    }

    private ListedExpression? Part()
    {
        var value = Atom();
        while (value is not null && Peek is { IsQuoted: false, Text: "&" or "|" or "^" } operation)
        {
            at++;
            value = Number() is { } constant and <= uint.MaxValue ? new ListedExpression.Combined(value, operation.Text[0], (uint)constant) : null;
        }
        return value;
    }

    private ListedExpression? Atom()
    {
        if (Peek is not { IsQuoted: false } word)
        {
            return null;
        }
        at++;
        switch (word.Text)
        {
            case "meta" when at < Words.Count:
                return new ListedExpression.Meta(Words[at++].Text);
            case "iifname" or "oifname":
                return new ListedExpression.Meta(word.Text);
            case "ct" when at < Words.Count:
                var direction = Take("original") ? "original" : Take("reply") ? "reply" : null;
                return direction is null ? new ListedExpression.Connection(Words[at++].Text, null)
                    : (Take("ip") || Take("ip6")) && Take("daddr") ? new ListedExpression.Connection($"{Words[at - 2].Text} daddr", direction)
                    : null;
            case "ip" or "ip6" or "th" or "tcp" or "udp" or "dccp" or "sctp" or "udplite" when at < Words.Count:
                return new ListedExpression.Field(word.Text, Words[at++].Text);
            case "fib":
                return Take("daddr") && Take("type") ? new ListedExpression.DestinationType() : null;
            case "socket":
                return Take("wildcard") ? new ListedExpression.SocketIsWildcard()
                    : Take("cgroupv2") && Take("level") && Number() is { } level and < 256 ? new ListedExpression.ControlGroup((int)level)
                    : null;
            case "jhash":
                return Expression() is { } hashed && Take("mod") && Number() is { } modulus and > 0 and <= uint.MaxValue
                    ? new ListedExpression.Hash(hashed, (uint)modulus, Take("seed") && Number() is { } seed and <= uint.MaxValue ? (uint)seed : 0) : null;
            case ['@', ..] bits when bits[1..].Split(',') is [var header, var offset, var length]
                && int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var from) && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var count):
                return new ListedExpression.Bits(header, from, count);
            default:
                return null;
        }
    }

    /// <summary>A value, a range, a prefix, or several flags.</summary>
    private ListedExpression? Constant()
    {
        if (Peek is not { } word || word is { IsQuoted: false, Text: "{" or "}" or ":" or "." or "," or "@" })
        {
            return null;
        }
        at++;
        if (word.IsQuoted)
        {
            return new ListedExpression.Word(word.Text);
        }
        if (word.Text.Split(',') is { Length: > 1 } several)
        {
            return new ListedExpression.Flags(several.Select(Single).ToEquatableArray());
        }
        if (word.Text.Split('/') is [var first, var bits] && int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return new ListedExpression.Prefix(Single(first), length);
        }
        // Names of protocols and devices have hyphens too, numbers and addresses do not.
        if (word.Text.Split('-') is [var low, var high] && low.Length > 0 && high.Length > 0 && (char.IsAsciiDigit(low[0]) || low.Contains(':')) && (char.IsAsciiDigit(high[0]) || high.Contains(':')))
        {
            return new ListedExpression.Range(Single(low), Single(high));
        }
        return Single(word.Text);
    }

    private static ListedExpression Single(string text) => new ListedToken(text, 0, IsQuoted: false).Number is { } number ? new ListedExpression.Number(number) : new ListedExpression.Word(text);

    private ulong? Number()
    {
        if (Peek?.Number is not { } number)
        {
            return null;
        }
        at++;
        return number;
    }

    private string? SetName()
    {
        if (Peek is not { IsQuoted: false, Text: ['@', _, ..] name } || name.Contains(','))
        {
            return null;
        }
        at++;
        return name[1..];
    }

    private bool Take(string word)
    {
        if (Peek is not { } next || !next.Is(word))
        {
            return false;
        }
        at++;
        return true;
    }

    private string Rest(int from) => string.Join(' ', Words.Skip(from).Select(word => word.Text));
}
