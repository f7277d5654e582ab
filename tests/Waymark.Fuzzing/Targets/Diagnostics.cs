using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>What is true of the messages of every reader of text.</summary>
internal static class Diagnostics
{
    /// <summary>Whether there are mistakes of so many kinds: something to plant a bug at.</summary>
    public static bool AreOfKinds(EquatableArray<Diagnostic> diagnostics, int kinds) => diagnostics.Select(one => one.Code).Distinct().Take(kinds).Count() == kinds;

    /// <summary>There is an error where nothing was read, and each message stands inside the text and can be shown.</summary>
    public static void Check(EquatableArray<Diagnostic> diagnostics, string text, bool isRefused)
    {
        Expect.Equal(isRefused, diagnostics.Any(one => one.Severity == Severity.Error), "refused with an error, or read without");
        var lines = text.Split('\n');
        foreach (var one in diagnostics)
        {
            Expect.That(one.Line >= 1 && one.Line <= lines.Length, $"line {one.Line} is one of {lines.Length}");
            Expect.That(one.Column >= 1 && one.Column <= lines[one.Line - 1].Length + 1, $"column {one.Column} is in its line");
            DiagnosticText.Render(one, text);
        }
    }
}
