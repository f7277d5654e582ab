namespace Waymark.Policies.Language;

/// <summary>Reads tokens one after another; what both languages have in common.</summary>
internal abstract partial class TokenReader
{
    private readonly List<Token> tokens;
    private int at;
    private int depth;

    protected TokenReader(SourceText source)
    {
        Source = source;
        (tokens, Comments) = Lexer.Cut(source);
    }

    protected SourceText Source { get; }

    public IReadOnlyList<Comment> Comments { get; }

    public IReadOnlyList<Token> Tokens => tokens;

    /// <summary>The number of the token that stands here.</summary>
    protected int Position => at;

    protected Token Now => tokens[at];

    protected Token Then => tokens[Math.Min(at + 1, tokens.Count - 1)];

    protected Token Last => at == 0 ? tokens[0] with { End = tokens[0].Start } : tokens[at - 1];

    protected bool IsFirstOnLine => at == 0 || Source.LineOf(tokens[at - 1].Start) < Source.LineOf(Now.Start);

    protected Token Take()
    {
        var token = Now;
        if (token.Kind != TokenKind.End)
        {
            at++;
        }
        return token;
    }

    protected bool TryTake(string text)
    {
        if (!Now.Is(text))
        {
            return false;
        }
        Take();
        return true;
    }

    protected bool IsWord(string text) => Now.Kind == TokenKind.Word && Now.Text == text;

    protected void Expect(string text, string where)
    {
        if (!TryTake(text))
        {
            throw Unexpected($"'{text}' {where}");
        }
    }

    /// <summary>Reports that something else was expected here, once; to be thrown to whoever knows where to go on.</summary>
    protected SyntaxException Unexpected(string expected, string? mend = null)
    {
        if (Now.Kind != TokenKind.Broken)
        {
            Source.Error("WAY0001", Now.Start, Now.End, $"expected {expected}, found {Now}", mend);
        }
        return new();
    }

    protected SyntaxException Fail(string code, Token token, string message, string? mend = null)
    {
        Source.Error(code, token.Start, token.End, message, mend);
        return new();
    }

    /// <summary>Adds what was read from <paramref name="start"/> on. The first entry that is more than a list may have is reported, and what follows it is left out.</summary>
    protected void Add<T>(List<T> list, T entry, Token start)
    {
        if (list.Count == PolicyLimits.ListEntries)
        {
            Source.Error("WAY0015", start.Start, start.End, $"a list has at most {PolicyLimits.ListEntries} entries, and this is one more", "split the policy, or name parts of it");
        }
        if (list.Count <= PolicyLimits.ListEntries)
        {
            list.Add(entry);
        }
    }

    /// <summary>Runs <paramref name="inner"/> one level deeper; refuses what no person has written.</summary>
    protected T Nested<T>(Func<T> inner)
    {
        RefuseDeeperThan(PolicyLimits.Nesting - 1);
        depth++;
        try
        {
            return inner();
        }
        finally
        {
            depth--;
        }
    }

    /// <summary>Refuses one level more around what already has <paramref name="inside"/> levels from a loop: a value that deep could not be compared or printed.</summary>
    protected void RefuseNesting(int inside) => RefuseDeeperThan(PolicyLimits.Nesting - 1 - inside);

    /// <summary>Reports what was read here where its own levels, counted in its meaning, and those around it are too many: <c>and</c> and <c>or</c> nest without parentheses.</summary>
    protected void CheckNesting(Token start, int levels)
    {
        if (depth + levels > PolicyLimits.Nesting)
        {
            _ = TooDeep(start);
        }
    }

    private void RefuseDeeperThan(int deepest)
    {
        if (depth > deepest)
        {
            throw TooDeep(Now);
        }
    }

    private SyntaxException TooDeep(Token token) => Fail("WAY0008", token, $"this is nested more than {PolicyLimits.Nesting} levels deep", "name parts of it, or write them side by side");

    /// <summary>
    /// Goes behind the next <c>;</c>, or before what ends or starts a statement; a block on the way is passed over and ends it. What the given-up statement itself starts with
    /// (<paramref name="first"/>) counts for no other statement's start.
    /// </summary>
    protected void SkipStatement(Token first, Func<bool> startsStatement)
    {
        for (var braces = 0; Now.Kind != TokenKind.End; Take())
        {
            if (Now.Is("{"))
            {
                braces++;
            }
            else if (Now.Is("}"))
            {
                if (braces-- == 0)
                {
                    return;
                }
                if (braces == 0 && !Then.Is("otherwise"))
                {
                    Take();
                    return;
                }
            }
            else if (Now.Is(";") && braces == 0)
            {
                Take();
                return;
            }
            else if (braces == 0 && Now.Start != first.Start && IsFirstOnLine && startsStatement())
            {
                return;
            }
        }
    }

    /// <summary>The end of a statement. A missing <c>;</c> is reported where it belongs, and the next statement is read as if it were there.</summary>
    protected void ExpectSemicolon(Func<string> expected)
    {
        if (TryTake(";"))
        {
            return;
        }
        if (Now.Kind == TokenKind.End || Now.Is("}") || (IsFirstOnLine && Now.Kind != TokenKind.Broken))
        {
            var last = Last;
            Source.Error("WAY0002", Math.Max(0, last.End - 1), last.End, $"the statement has no ';' behind {last}", "add ';'");
            return;
        }
        throw Unexpected(expected());
    }

    /// <summary>A mistake that has been reported; who catches it goes on behind it.</summary>
    protected sealed class SyntaxException : Exception;
}
