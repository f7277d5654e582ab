using System.Globalization;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>
/// Reads what <c>nft list ruleset</c> prints (nft(8)). What is no such listing throws <see cref="FormatException"/> with its line; what of a rule, a set or an element is not known becomes an unknown
/// statement, type or key.
/// </summary>
internal sealed class TextListing
{
    /// <summary>Numbers of hooks (NF_INET_*) by name.</summary>
    public static readonly IReadOnlyDictionary<string, int> Hooks = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["prerouting"] = 0, ["input"] = 1, ["forward"] = 2, ["output"] = 3, ["postrouting"] = 4, ["ingress"] = 5, ["egress"] = 6,
    };

    /// <summary>Priorities by name, of the families ip, ip6 and inet.</summary>
    private static readonly Dictionary<string, int> Priorities = new(StringComparer.Ordinal)
    {
        ["raw"] = -300, ["mangle"] = -150, ["dstnat"] = -100, ["filter"] = 0, ["security"] = 50, ["srcnat"] = 100,
    };

    private readonly List<ListedToken> tokens;
    private readonly List<ListedObject> found = [];
    private int at;

    private TextListing(List<ListedToken> tokens) => this.tokens = tokens;

    /// <summary>Its objects, in order.</summary>
    public static IReadOnlyList<ListedObject> Read(string text)
    {
        var listing = new TextListing(ListedTokens.Of(text));
        while (listing.at < listing.tokens.Count)
        {
            listing.Table();
        }
        return listing.found;
    }

    private void Table()
    {
        Expect("table");
        var (family, table) = (Next().Text, Next().Text);
        Expect("{");
        var place = found.Count;
        var isDormant = false;
        while (!Take("}"))
        {
            switch (Next())
            {
                case var word when word.Is("flags"):
                    while (!IsLineEnd(word.Line))
                    {
                        isDormant |= Next().Text.Split(',').Contains("dormant");
                    }
                    break;
                case var word when word.Is("comment"):
                    Next();
                    break;
                case var word when word.Is("chain"):
                    Chain(family, table);
                    break;
                case var word when word.Is("set") || word.Is("map"):
                    Set(family, table, isMap: word.Is("map"));
                    break;
                case var word when word.Is("flowtable"):
                    Flowtable(family, table);
                    break;
                case var word when !word.IsQuoted && word.Text is "counter" or "quota" or "limit" or "ct" or "secmark" or "synproxy" or "tunnel":
                    // Named objects: whoever names one is not understood, they themselves do nothing.
                    Skip();
                    break;
                case var word:
                    throw new FormatException($"line {word.Line}: '{ListedText.Shown(word.Text)}' is nothing that a table has");
            }
        }
        found.Insert(place, new ListedObject.OfTable(family, table, isDormant));
    }

    private void Chain(string family, string table)
    {
        var name = Next().Text;
        Expect("{");
        NftablesHook? hook = null;
        var rules = new List<ListedObject>();
        while (!Take("}"))
        {
            if (Peek is { } type && type.Is("type") && rules.Count == 0)
            {
                hook = Hook(family);
            }
            else if (Peek is { } comment && comment.Is("comment"))
            {
                at += 2;
            }
            else
            {
                rules.Add(Rule(family, table, name));
            }
        }
        found.Add(new ListedObject.OfChain(family, table, name, hook));
        found.AddRange(rules);
    }

    private NftablesHook Hook(string family)
    {
        var line = Next().Line;
        var (type, number, priority, drops) = (Next().Text, -1, 0, false);
        while (!IsLineEnd(line))
        {
            switch (Next())
            {
                case var word when word.Is("hook"):
                    number = Hooks.TryGetValue(Next().Text, out var one) ? one : throw new FormatException($"line {line}: there is no such hook");
                    break;
                case var word when word.Is("priority"):
                    priority = Priority(line, family);
                    break;
                case var word when word.Is("policy"):
                    drops = Next().Is("drop");
                    break;
                case var word when word.Is("device") || word.Is("devices"):
                    // Only in families that are not ours.
                    while (!IsLineEnd(line) && Peek is { } device && !device.Is("priority"))
                    {
                        at++;
                    }
                    break;
                case var word when word.Is(";"):
                    break;
                case var word:
                    throw new FormatException($"line {line}: '{ListedText.Shown(word.Text)}' is nothing that is known of a base chain");
            }
        }
        return new(type, number, priority, drops);
    }

    /// <summary><c>mangle</c>, <c>dstnat + 1</c>, <c>-150</c>. In the bridge family the names are other numbers, and none of ours.</summary>
    private int Priority(int line, string family)
    {
        var word = Next();
        if (int.TryParse(word.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }
        if (!Priorities.TryGetValue(word.Text, out number) && family is "ip" or "ip6" or "inet")
        {
            throw new FormatException($"line {line}: there is no priority '{ListedText.Shown(word.Text)}'");
        }
        if (Peek is { IsQuoted: false, Text: "+" or "-" } sign)
        {
            at++;
            return Next().Number is { } more and <= int.MaxValue ? number + (sign.Text == "+" ? (int)more : -(int)more) : throw new FormatException($"line {line}: this is no priority");
        }
        return number;
    }

    /// <summary>A rule is a line, but for the brackets in it.</summary>
    private ListedObject.OfRule Rule(string family, string table, string chain)
    {
        var (line, from, depth) = (Peek!.Value.Line, at, 0);
        while (Peek is { } token && (token.Line == line || depth > 0) && !(depth == 0 && token.Is("}")))
        {
            depth += token.Is("{") ? 1 : token.Is("}") ? -1 : 0;
            at++;
        }
        var words = tokens[from..at];
        var comment = "";
        if (words is [.., { IsQuoted: false, Text: "comment" }, { IsQuoted: true } said])
        {
            comment = said.Text;
            words.RemoveRange(words.Count - 2, 2);
        }
        return new(family, table, chain, new RuleText(words).Statements().ToEquatableArray(), comment);
    }

    private void Set(string family, string table, bool isMap)
    {
        var name = Next().Text;
        Expect("{");
        EquatableArray<string> key = [], flags = [];
        string? value = isMap ? "what is said in another way" : null;
        List<ListedElement> elements = [];
        while (!Take("}"))
        {
            var word = Next();
            if (word.Is("type"))
            {
                var words = Line(word.Line);
                var colon = words.IndexOf(":");
                key = words.Take(colon < 0 ? words.Count : colon).Where(one => one != ".").ToEquatableArray();
                value = colon >= 0 && colon == words.Count - 2 ? words[^1] : value;
            }
            else if (word.Is("flags"))
            {
                flags = Line(word.Line).SelectMany(one => one.Split(',')).Where(one => one.Length > 0).ToEquatableArray();
            }
            else if (word.Is("elements"))
            {
                Expect("=");
                Expect("{");
                elements = Elements(isMap);
            }
            else if (word.Text is "typeof" or "size" or "timeout" or "gc-interval" or "policy" or "comment" or "counter" or "auto-merge" && !word.IsQuoted)
            {
                Line(word.Line);
            }
            else
            {
                throw new FormatException($"line {word.Line}: '{ListedText.Shown(word.Text)}' is nothing that a set has");
            }
        }
        found.Add(new ListedObject.OfSet(family, table, name, key, value, flags, elements.ToEquatableArray()));
    }

    private List<ListedElement> Elements(bool isMap)
    {
        var elements = new List<ListedElement>();
        while (!Take("}"))
        {
            var from = at;
            while (Peek is { } token && !token.Is(",") && !token.Is("}"))
            {
                at++;
            }
            if (Peek is null)
            {
                throw new FormatException($"line {tokens[^1].Line}: the elements do not end");
            }
            elements.Add(RuleText.Element(tokens[from..at], isMap));
            Take(",");
        }
        return elements;
    }

    private void Flowtable(string family, string table)
    {
        var name = Next().Text;
        Expect("{");
        var devices = new List<string>();
        while (!Take("}"))
        {
            if (Next().Is("devices"))
            {
                Expect("=");
                Expect("{");
                while (!Take("}"))
                {
                    if (!Take(","))
                    {
                        devices.Add(Next().Text);
                    }
                }
            }
        }
        found.Add(new ListedObject.OfFlowtable(family, table, name, devices.ToEquatableArray()));
    }

    /// <summary>Passes over a block.</summary>
    private void Skip()
    {
        while (!Next().Is("{"))
        {
        }
        for (var depth = 1; depth > 0;)
        {
            var word = Next();
            depth += word.Is("{") ? 1 : word.Is("}") ? -1 : 0;
        }
    }

    /// <summary>What is left of a line.</summary>
    private List<string> Line(int line)
    {
        var words = new List<string>();
        while (!IsLineEnd(line))
        {
            words.Add(Next().Text);
        }
        return words;
    }

    private bool IsLineEnd(int line) => Peek is not { } next || next.Line != line || next.Is("}");

    private ListedToken? Peek => at < tokens.Count ? tokens[at] : null;

    private bool Take(string word)
    {
        if (Peek is not { } next)
        {
            throw new FormatException($"{(tokens.Count == 0 ? "" : $"line {tokens[^1].Line}: ")}the ruleset ends in the middle");
        }
        if (!next.Is(word))
        {
            return false;
        }
        at++;
        return true;
    }

    private ListedToken Next()
    {
        var next = Peek ?? throw new FormatException($"{(tokens.Count == 0 ? "" : $"line {tokens[^1].Line}: ")}the ruleset ends in the middle");
        at++;
        return next;
    }

    private void Expect(string word)
    {
        var next = Next();
        if (!next.Is(word))
        {
            throw new FormatException($"line {next.Line}: '{ListedText.Shown(next.Text)}' stands where '{word}' should: this is not what 'nft list ruleset' prints");
        }
    }
}
