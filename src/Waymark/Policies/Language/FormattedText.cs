using System.Text;

namespace Waymark.Policies.Language;

/// <summary>
/// Canonical text in the making, beside the text that it comes from: carries over what no model holds, comments and single blank lines between statements. A comment
/// inside a statement comes to stand before it.
/// </summary>
internal sealed class FormattedText(SourceText source, IReadOnlyList<Comment> comments)
{
    private readonly StringBuilder text = new();
    private int next;

    public FormattedText Append(string part)
    {
        text.Append(part);
        return this;
    }

    public FormattedText Indent(int level)
    {
        text.Append(' ', 2 * level);
        return this;
    }

    /// <summary>
    /// Prints the comments before <paramref name="to"/>, each on a line of its own, with the blank line before one if there is one; gives the offset behind the last, else <paramref name="last"/>.
    /// </summary>
    /// <param name="last">Behind what was printed last.</param>
    /// <param name="to">Comments from here on stay.</param>
    /// <param name="start">Where the statement starts that they stand before: those inside it keep no blank line.</param>
    /// <param name="level">How deep they stand.</param>
    /// <param name="isFirst">Whether nothing stands before them in their block; false behind one.</param>
    public int Comments(int last, int to, int start, int level, ref bool isFirst)
    {
        for (; next < comments.Count && comments[next].Start < to; next++)
        {
            var comment = comments[next];
            if (comment.Start < start)
            {
                BlankLine(last, comment.Start, isFirst);
            }
            Indent(level).Append(comment.Text).Append("\n");
            last = Math.Max(last, comment.Start + comment.Text.Length);
            isFirst = false;
        }
        return last;
    }

    /// <summary>Ends the line of a statement that ends at <paramref name="end"/>, with the comment that stands behind it on its line before <paramref name="to"/>, where the next begins.</summary>
    public void EndLine(int end, int to)
    {
        if (next < comments.Count && comments[next].Start >= end && comments[next].Start < to && source.LineOf(comments[next].Start) == source.LineOf(end))
        {
            text.Append("  ").Append(comments[next++].Text);
        }
        text.Append('\n');
    }

    /// <summary>A blank line where one stands between the two offsets, but never as the first thing in a block.</summary>
    public void BlankLine(int from, int to, bool isFirst)
    {
        if (!isFirst && from < to && source.LineOf(to) - source.LineOf(from) > 1 && IsBlankBefore(to))
        {
            text.Append('\n');
        }
    }

    /// <summary>Whether a comment stands between the two offsets that was not printed yet.</summary>
    public bool HasComment(int from, int to)
    {
        for (var i = next; i < comments.Count && comments[i].Start < to; i++)
        {
            if (comments[i].Start >= from)
            {
                return true;
            }
        }
        return false;
    }

    public override string ToString() => text.ToString();

    private bool IsBlankBefore(int offset)
    {
        var lines = 0;
        for (var i = offset - 1; i >= 0 && char.IsWhiteSpace(source.Text[i]); i--)
        {
            lines += source.Text[i] == '\n' ? 1 : 0;
        }
        return lines > 1;
    }
}
