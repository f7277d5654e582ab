using System.Text;

namespace Waymark.Policies.Language;

/// <summary>Diagnostics as people read them.</summary>
public static class DiagnosticText
{
    /// <summary>
    /// <c>file:line:column: error WAY0001: message; mend</c>, and below it the line with carets under what is meant where the text is given. Ends with a line feed.
    /// </summary>
    public static string Render(Diagnostic diagnostic, string? text)
    {
        var rendered = new StringBuilder();
        rendered.Append(diagnostic).Append('\n');
        if (text is not null && diagnostic.Line > 0 && Line(text, diagnostic.Line) is { } line)
        {
            // A tab stays a tab in the second line, so that the caret stands below its character whatever the terminal's width of a tab.
            var before = diagnostic.Column - 1 <= line.Length ? line[..(diagnostic.Column - 1)] : line;
            rendered.Append("  ").Append(line).Append('\n').Append("  ");
            foreach (var c in before)
            {
                rendered.Append(c == '\t' ? '\t' : ' ');
            }
            rendered.Append('^', Math.Clamp(diagnostic.Length, 1, Math.Max(1, line.Length - before.Length))).Append('\n');
        }
        return rendered.ToString();
    }

    private static string? Line(string text, int number)
    {
        var start = 0;
        for (var line = 1; line < number; line++)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0)
            {
                return null;
            }
            start = end + 1;
        }
        var stop = text.IndexOf('\n', start);
        var one = (stop < 0 ? text[start..] : text[start..stop]).TrimEnd('\r');
        return one.Length <= 400 ? one : null;
    }
}
