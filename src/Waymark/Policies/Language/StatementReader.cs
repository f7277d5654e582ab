namespace Waymark.Policies.Language;

/// <summary>
/// Reads files of <c>KEYWORD { value } ( ";" | block )</c>, each keyword with its own values. After a mistake it goes on with the next statement.
/// </summary>
/// <param name="source">The text.</param>
/// <param name="kind">What messages call such a file, for example <c>the node file</c>.</param>
internal abstract class StatementReader(SourceText source, string kind) : TokenReader(source)
{
    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    /// <summary>Statements up to the end of the block or the file; each keyword by its own reader.</summary>
    protected void Statements(bool isBlock, Dictionary<string, Action> readers, IEnumerable<string> words)
    {
        while (Now.Kind != TokenKind.End && !(isBlock && Now.Is("}")))
        {
            var start = Now;
            try
            {
                if (Now.Kind != TokenKind.Word)
                {
                    throw Unexpected("a statement");
                }
                if (!readers.TryGetValue(Now.Text, out var read))
                {
                    throw Fail("WAY1018", Now, $"{kind} has no '{Now.Text}' here", NearestWord.Mend(Now.Text, words) ?? $"known are {string.Join(", ", words)}");
                }
                Take();
                read();
            }
            catch (SyntaxException)
            {
                // Reported; the statement is given up.
                SkipStatement(start, () => readers.ContainsKey(Now.Text) && !isBlock);
                if (!isBlock && Now.Is("}"))
                {
                    Take();
                }
            }
        }
    }

    protected void Block(string keyword, Token opener, Dictionary<string, Action> readers)
    {
        Expect("{", $"behind '{keyword}'");
        Statements(isBlock: true, readers, readers.Keys);
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
}
