using System.Text;

namespace Waymark.Policies.Language;

/// <summary>
/// Prints a set in canonical form and keeps what the model does not hold: comments and blank lines between statements. A comment inside a statement comes to
/// stand before it.
/// </summary>
internal sealed class PolicyFormatter(SourceText source, PolicyParser parser)
{
    private readonly StringBuilder text = new();
    private int next;

    public string Format(PolicySet set)
    {
        var all = set.Definitions.Cast<object>().Concat(set.Statements).OrderBy(one => parser.Spans[one].Start).ToList();
        Print(all, 0, source.Text.Length, 0);
        return text.ToString();
    }

    private void Print(List<object> statements, int from, int to, int level)
    {
        var last = from;
        var isFirst = true;
        foreach (var statement in statements)
        {
            var (start, end) = parser.Spans[statement];
            // Comments of a rule's blocks are printed there; all others inside go before the statement.
            last = Comments(last, statement is PolicyRule rule ? HeadEnd(rule, start) : end, start, level, ref isFirst);
            if (!isFirst && HasBlankLine(last, start))
            {
                text.Append('\n');
            }
            isFirst = false;
            if (statement is PolicyRule nested)
            {
                Print(nested, end, level);
            }
            else
            {
                Indent(level).Append(statement is FlowDefinition definition ? PolicyPrinter.Print(definition) : PolicyPrinter.Print((Policy)statement));
            }
            if (next < parser.Comments.Count && parser.Comments[next].Start >= end && parser.Comments[next].Start < to
                && source.LineOf(parser.Comments[next].Start) == source.LineOf(end))
            {
                text.Append("  ").Append(parser.Comments[next++].Text);
            }
            text.Append('\n');
            last = end;
        }
        Comments(last, to, to, level, ref isFirst);
    }

    private void Print(PolicyRule rule, int end, int level)
    {
        Indent(level).Append(PolicyPrinter.PrintHead(rule)).Append(" {\n");
        var otherwise = parser.Blocks.TryGetValue(rule, out var block) ? block.End : end;
        Print([.. rule.Then], HeadEnd(rule, parser.Spans[rule].Start), otherwise, level + 1);
        Indent(level).Append('}');
        if (rule.HasOtherwise)
        {
            text.Append(" otherwise {\n");
            Print([.. rule.Otherwise], otherwise, end - 1, level + 1);
            Indent(level).Append('}');
        }
    }

    /// <summary>Where the block of a rule opens: comments before it belong to its head.</summary>
    private int HeadEnd(PolicyRule rule, int start) => parser.Blocks.TryGetValue(rule, out var block) ? block.Start : start;

    /// <summary>Prints the comments before <paramref name="to"/> on lines of their own; gives the offset behind the last.</summary>
    private int Comments(int last, int to, int start, int level, ref bool isFirst)
    {
        for (; next < parser.Comments.Count && parser.Comments[next].Start < to; next++)
        {
            var comment = parser.Comments[next];
            if (!isFirst && comment.Start < start && HasBlankLine(last, comment.Start))
            {
                text.Append('\n');
            }
            Indent(level).Append(comment.Text).Append('\n');
            last = Math.Max(last, comment.Start + comment.Text.Length);
            isFirst = false;
        }
        return last;
    }

    private bool HasBlankLine(int from, int to) => from < to && source.LineOf(to) - source.LineOf(from) > 1 && BlankBefore(to);

    private bool BlankBefore(int offset)
    {
        var lines = 0;
        for (var i = offset - 1; i >= 0 && char.IsWhiteSpace(source.Text[i]); i--)
        {
            lines += source.Text[i] == '\n' ? 1 : 0;
        }
        return lines > 1;
    }

    private StringBuilder Indent(int level) => text.Append(' ', 2 * level);
}
