using System.Text;

namespace Waymark.Policies.Language;

/// <summary>
/// Prints the statements that a <see cref="StatementReader"/> read in canonical form, in their order: values as their meaning is printed, comments and blank lines
/// kept. What was only passed over keeps its text, so that a file for a later version loses nothing.
/// </summary>
internal sealed class StatementFormatter(SourceText source, StatementReader reader)
{
    private readonly FormattedText text = new(source, reader.Comments);

    public string Format()
    {
        Print(reader.Found, 0, source.Text.Length, 0);
        return text.ToString();
    }

    private void Print(IReadOnlyList<ReadStatement> statements, int from, int to, int level)
    {
        var last = from;
        var isFirst = true;
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            int start = reader.Tokens[statement.First].Start, end = reader.Tokens[statement.End - 1].End, headEnd = reader.Tokens[statement.HeadEnd].End;
            last = text.Comments(last, headEnd, start, level, ref isFirst);
            text.BlankLine(last, start, isFirst);
            isFirst = false;
            text.Indent(level);
            if (OnOneLine(statement, level) is { } line)
            {
                text.Append(line);
            }
            else
            {
                text.Append(Head(statement)).Append(" {\n");
                Print(statement.Inner!, headEnd, end - 1, level + 1);
                text.Indent(level).Append("}");
            }
            text.EndLine(end, i + 1 < statements.Count ? reader.Tokens[statements[i + 1].First].Start : to);
            last = end;
        }
        text.Comments(last, to, to, level, ref isFirst);
    }

    /// <summary>The whole statement; null where a block in it has comments or blocks of its own, or is too long for a line.</summary>
    private string? OnOneLine(ReadStatement statement, int level)
    {
        if (statement.Inner is not { } inner)
        {
            return Head(statement) + ";";
        }
        return inner.Any(one => one.Inner is not null) || text.HasComment(reader.Tokens[statement.HeadEnd].Start, reader.Tokens[statement.End - 1].End)
            ? null
            : StatementLayout.OnOneLine(Head(statement), [.. inner.Select(one => Head(one) + ";")], level);
    }

    /// <summary>Keyword and values.</summary>
    private string Head(ReadStatement statement)
    {
        var head = new StringBuilder();
        for (var at = statement.First; at < statement.HeadEnd;)
        {
            var token = reader.Tokens[at];
            // Marks stay beside what they stood beside (an address in brackets) unless a value begins with one ("/ day"); all else has a blank before it.
            var before = reader.Tokens[Math.Max(at - 1, 0)];
            var isApart = at > statement.First && !token.Is(",") && (before.Is(",") || token.Start > before.End || (token.Kind == TokenKind.Mark ? reader.ValueAt(at) is not null : before.Kind != TokenKind.Mark));
            if (isApart)
            {
                head.Append(' ');
            }
            if (reader.ValueAt(at) is var (end, value))
            {
                head.Append(value);
                at = end;
            }
            else
            {
                head.Append(source.Text, token.Start, token.End - token.Start);
                at++;
            }
        }
        return head.ToString();
    }
}
