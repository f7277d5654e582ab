using System.Globalization;
using Waymark.Flows;
using Waymark.Units;

namespace Waymark.Policies.Language;

/// <summary>
/// Reads files of <c>KEYWORD { value } ( ";" | block )</c>, each keyword with its own values. After a mistake it goes on with the next statement. What it read where
/// is kept for the <see cref="StatementFormatter"/>.
/// </summary>
/// <param name="source">The text.</param>
/// <param name="kind">What messages call such a file, for example <c>the node file</c>.</param>
internal abstract class StatementReader(SourceText source, string kind) : TokenReader(source)
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (int End, string Text)> values = [];
    private List<ReadStatement> found = [];
    private IReadOnlyDictionary<string, Action> top = new Dictionary<string, Action>();
    private (int Open, List<ReadStatement> Inner)? block;

    /// <summary>The statements of the file, in order.</summary>
    public IReadOnlyList<ReadStatement> Found => found;

    /// <summary>The canonical text of the value that starts at a token, and the token behind it; null: no value was read there, the text stands for itself.</summary>
    public (int End, string Text)? ValueAt(int token) => values.TryGetValue(token, out var value) ? value : null;

    /// <summary>
    /// Statements up to the end of the block or the file; each keyword by its own reader, any other by <paramref name="others"/> or else a mistake. Without readers every keyword is passed
    /// over with its values.
    /// </summary>
    protected void Statements(bool isBlock, Dictionary<string, Action>? readers, IEnumerable<string> words, Action? others = null)
    {
        top = isBlock ? top : readers!;
        while (Now.Kind != TokenKind.End && !(isBlock && (Now.Is("}") || IsBehindBlock(readers))))
        {
            var start = Now;
            var first = Position;
            try
            {
                if (Now.Kind != TokenKind.Word)
                {
                    throw Unexpected("a statement");
                }
                Action? read = () => PassOver(() => false);
                if (readers?.TryGetValue(Now.Text, out read) == false && (read = others) is null)
                {
                    throw Fail("WAY1018", Now, $"{kind} has no '{Now.Text}' here", NearestWord.Mend(Now.Text, words) ?? $"known are {string.Join(", ", words)}");
                }
                Take();
                block = null;
                read!();
                found.Add(new(first, block?.Open ?? Position - 1, Position, block?.Inner));
            }
            catch (SyntaxException)
            {
                // Reported; the statement is given up.
                SkipStatement(start, () => readers?.ContainsKey(Now.Text) == true && !isBlock);
                if (!isBlock && Now.Is("}"))
                {
                    Take();
                }
            }
        }
    }

    /// <summary>Whether a block whose end is missing ends here: where a line starts with what no statement of it does, but one of the file.</summary>
    private bool IsBehindBlock(Dictionary<string, Action>? readers) => readers?.ContainsKey(Now.Text) == false && Now.Kind == TokenKind.Word && IsFirstOnLine && top.ContainsKey(Now.Text);

    protected void Block(string keyword, Token opener, Dictionary<string, Action>? readers, Action? others = null)
    {
        var open = Position;
        Expect("{", $"behind '{keyword}'");
        var outer = found;
        List<ReadStatement> inner = found = [];
        Statements(isBlock: true, readers, readers?.Keys.AsEnumerable() ?? [], others);
        found = outer;
        block = (open, inner);
        if (!TryTake("}"))
        {
            Source.Error("WAY0003", opener.Start, opener.End, $"the block of this '{keyword}' is never closed", "add '}'");
        }
    }

    /// <summary>A statement's values and its semicolon; <paramref name="once"/>: may stand once in the file.</summary>
    protected void Single(string? once, Action values)
    {
        var keyword = Last;
        values();
        ExpectSemicolon(() => "';'");
        if (once is not null && !said.Add(once))
        {
            Source.Error("WAY1013", keyword.Start, keyword.End, $"'{once}' is said twice", "remove one of them");
        }
    }

    /// <summary>One or more values, with commas between them.</summary>
    protected List<T> List<T>(Func<T> one)
    {
        var all = new List<T>();
        do
        {
            all.Add(one());
        }
        while (TryTake(","));
        return all;
    }

    /// <summary>One address, not a prefix of several.</summary>
    protected IpAddress Address(string what)
    {
        var token = Now;
        var prefix = Prefix($"the address of {what}");
        if (token.Text.Contains('/', StringComparison.Ordinal))
        {
            Source.Error("WAY1008", token.Start, token.End, $"{what} is one address and has no prefix length, found {token}", $"write {token.Text[..token.Text.IndexOf('/', StringComparison.Ordinal)]}");
        }
        return prefix.First;
    }

    /// <summary>The rest of a statement of which only the form is looked at: values, then a semicolon or a block of such statements.</summary>
    /// <param name="startsStatement">Whether what stands at the start of a line is the next statement's keyword: then a semicolon is missing before it.</param>
    protected void PassOver(Func<bool> startsStatement)
    {
        var opener = Last;
        while (!Now.Is(";") && !Now.Is("}") && Now.Kind != TokenKind.End && !(IsFirstOnLine && startsStatement()))
        {
            if (!Now.Is("{"))
            {
                Take();
            }
            else if (Then.Kind == TokenKind.Number)
            {
                Ranges("a number", uint.MaxValue);
            }
            else
            {
                Block(opener.Text, opener, null);
                return;
            }
        }
        ExpectSemicolon(() => "';'");
    }

    /// <summary>Keeps how the value between <paramref name="first"/> and here is written in canonical form.</summary>
    protected void Note(int first, string text) => values[first] = (Position, text);

    protected override uint Integer(string what, uint highest)
    {
        var first = Position;
        var value = base.Integer(what, highest);
        Note(first, value.ToString(CultureInfo.InvariantCulture));
        return value;
    }

    protected override IntegerRange Range(string what, uint highest)
    {
        var first = Position;
        var range = base.Range(what, highest);
        Note(first, PolicyPrinter.Print(range));
        return range;
    }

    protected override IpPrefix Prefix(string what)
    {
        var first = Position;
        var prefix = base.Prefix(what);
        Note(first, prefix.ToString());
        return prefix;
    }

    protected override string Name(string what)
    {
        var first = Position;
        var name = base.Name(what);
        Note(first, PolicyPrinter.Name(name));
        return name;
    }

    protected override string QuotedString(string what, int longest = PolicyLimits.NameLength)
    {
        var first = Position;
        var text = base.QuotedString(what, longest);
        Note(first, PolicyPrinter.Quote(text));
        return text;
    }

    protected override Quantity Quantity(string what, Dimension? dimension, bool isUnitNeeded = false, Dimension? orElse = null)
    {
        var first = Position;
        var quantity = base.Quantity(what, dimension, isUnitNeeded, orElse);
        Note(first, Unit.Print(quantity));
        return quantity;
    }
}
