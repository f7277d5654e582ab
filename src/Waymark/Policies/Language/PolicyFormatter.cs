namespace Waymark.Policies.Language;

/// <summary>Prints a set in canonical form and keeps what the model does not hold: comments and blank lines between statements.</summary>
internal sealed class PolicyFormatter(SourceText source, PolicyParser parser)
{
    private readonly FormattedText text = new(source, parser.Comments);

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
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            var (start, end) = parser.Spans[statement];
            // Comments of a rule's blocks are printed there; all others inside go before the statement.
            last = text.Comments(last, statement is PolicyRule rule ? HeadEnd(rule, start) : end, start, level, ref isFirst);
            text.BlankLine(last, start, isFirst);
            isFirst = false;
            if (statement is PolicyRule nested)
            {
                Print(nested, end, level);
            }
            else
            {
                text.Indent(level).Append(statement is FlowDefinition definition ? PolicyPrinter.Print(definition) : PolicyPrinter.Print((Policy)statement));
            }
            text.EndLine(end, i + 1 < statements.Count ? parser.Spans[statements[i + 1]].Start : to);
            last = end;
        }
        text.Comments(last, to, to, level, ref isFirst);
    }

    private void Print(PolicyRule rule, int end, int level)
    {
        text.Indent(level).Append(PolicyPrinter.PrintHead(rule)).Append(" {\n");
        var otherwise = parser.Blocks.TryGetValue(rule, out var block) ? block.End : end;
        Print([.. rule.Then], HeadEnd(rule, parser.Spans[rule].Start), otherwise, level + 1);
        text.Indent(level).Append("}");
        if (rule.HasOtherwise)
        {
            text.Append(" otherwise {\n");
            Print([.. rule.Otherwise], otherwise, end - 1, level + 1);
            text.Indent(level).Append("}");
        }
    }

    /// <summary>Where the block of a rule opens: comments before it belong to its head.</summary>
    private int HeadEnd(PolicyRule rule, int start) => parser.Blocks.TryGetValue(rule, out var block) ? block.Start : start;
}
