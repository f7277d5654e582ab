namespace Waymark.Policies.Language;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    End,
    Word,
    String,
    Number,
    Time,
    Address,
    Mark,

    /// <summary>What no token can be; reported by the lexer already.</summary>
    Broken,
}

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As written; of a string: what it stands for.</param>
/// <param name="Start">Offset of the first character.</param>
/// <param name="End">Offset behind the last.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Start, int End)
{
    public bool Is(string mark) => Kind is TokenKind.Mark or TokenKind.Word && Text == mark;

    /// <summary>For messages.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.String => $"the string \"{Text}\"",
        _ => $"'{Text}'",
    };
}

/// <summary>A comment, which is no token.</summary>
/// <param name="Text">With its <c>#</c>, without trailing blanks.</param>
/// <param name="Start">Offset of the <c>#</c>.</param>
internal readonly record struct Comment(string Text, int Start);
