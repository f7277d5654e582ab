namespace Waymark.Policies.Language;

/// <summary>How bad it is.</summary>
public enum Severity
{
    /// <summary>The text is refused.</summary>
    Error,

    /// <summary>The text is taken; its author probably meant something else.</summary>
    Warning,
}

/// <summary>One message about one mistake in a text: code, place, what is wrong, likely mend.</summary>
/// <param name="Code"><c>WAYnnnn</c>; stable, listed in the documentation.</param>
/// <param name="Severity">Error or warning.</param>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">From 1; 0 where there is no text (a message from a program).</param>
/// <param name="Column">From 1, in characters; 0 where there is no text.</param>
/// <param name="Length">How many characters the caret underlines, at least 1.</param>
/// <param name="Message">One sentence without a full stop: what is wrong.</param>
/// <param name="Mend">The likely mend, for example <c>did you mean 'jitter'?</c>; null where there is none.</param>
public sealed record Diagnostic(string Code, Severity Severity, string File, int Line, int Column, int Length, string Message, string? Mend)
{
    /// <summary>The code of the one that says that there are more than are listed.</summary>
    public const string More = "WAY0016";

    /// <summary>On one line: <c>file:line:column: error WAY0001: message; mend</c>; without a place where there is none.</summary>
    public override string ToString() =>
        $"{File}{(Line == 0 ? "" : $":{Line}:{Column}")}: {(Severity == Severity.Error ? "error" : "warning")} {Code}: {Message}{(Mend is null ? "" : "; " + Mend)}";
}
