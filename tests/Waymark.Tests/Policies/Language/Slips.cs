using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

/// <summary>
/// Slips that people make, put into a sample: every one of them has to be reported on its own line, once, and none may draw another message elsewhere.
/// </summary>
/// <param name="text">The sample.</param>
/// <param name="slips">What is written, and what is written instead where that stands first.</param>
/// <param name="read">Reads a text.</param>
internal sealed class Slips(string text, (string Right, string Wrong)[] slips, Func<string, EquatableArray<Diagnostic>> read)
{
    public void OneIsOneMessageOnItsLine(int index)
    {
        var (right, wrong) = slips[index];
        Assert.Contains(right, text, StringComparison.Ordinal);
        var mutated = Replace(text, right, wrong);
        var errors = Errors(mutated);
        Assert.True(errors.Length == 1, $"'{wrong}':\n{Shown(errors, mutated)}");
        Assert.Equal(LineOf(right), errors[0].Line);
    }

    /// <summary>All that stand on lines of their own, but those whose text starts with <paramref name="except"/>; null: all.</summary>
    public void AllAreFoundAtOnceAndBringNoOthers(string? except = null)
    {
        var lines = new SortedSet<int>();
        var mutated = text;
        foreach (var (right, wrong) in slips)
        {
            if ((except is null || !right.StartsWith(except, StringComparison.Ordinal)) && !lines.Contains(LineOf(right)) && mutated.Contains(right, StringComparison.Ordinal))
            {
                lines.Add(LineOf(right));
                mutated = Replace(mutated, right, wrong);
            }
        }
        Assert.True(lines.Count >= 2);
        var errors = Errors(mutated);
        Assert.True(lines.SetEquals(errors.Select(one => one.Line)) && errors.Length == lines.Count, $"wanted on {string.Join(", ", lines)}:\n{Shown(errors, mutated)}");
    }

    private Diagnostic[] Errors(string mutated) => [.. read(mutated).Where(one => one.Severity == Severity.Error)];

    private static string Shown(Diagnostic[] errors, string mutated) => string.Concat(errors.Select(one => DiagnosticText.Render(one, mutated)));

    private int LineOf(string part) => text[..text.IndexOf(part, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    private static string Replace(string text, string right, string wrong)
    {
        var at = text.IndexOf(right, StringComparison.Ordinal);
        return string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + right.Length));
    }
}
