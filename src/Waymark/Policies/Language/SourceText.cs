namespace Waymark.Policies.Language;

/// <summary>A text with its name, its lines, and what was found wrong in it. One mistake yields one message: a second at the same place is dropped.</summary>
internal sealed class SourceText
{
    /// <summary>More would only scroll the first ones away.</summary>
    private const int MostDiagnostics = 1000;

    private readonly List<int> lineStarts = [0];
    private readonly List<(int Offset, Diagnostic Diagnostic)> found = [];
    private readonly Dictionary<int, int> places = [];
    public SourceText(string text, string file)
    {
        (Text, File) = (text, file);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                lineStarts.Add(i + 1);
            }
        }
    }

    public string Text { get; }

    public string File { get; }

    /// <summary>How many errors were found, those included that are not among the diagnostics.</summary>
    public int Errors { get; private set; }

    /// <summary>Whether the text is refused; also where the message itself was one too many.</summary>
    public bool HasErrors => Errors > 0;

    public EquatableArray<Diagnostic> Diagnostics => found.OrderBy(one => one.Offset).Select(one => one.Diagnostic).ToEquatableArray();

    public Place PlaceOf(int offset)
    {
        var line = LineOf(offset);
        return new(line + 1, offset - lineStarts[line] + 1);
    }

    /// <summary>The reverse of <see cref="PlaceOf"/>.</summary>
    public int OffsetOf(Place place) => lineStarts[place.Line - 1] + place.Column - 1;

    /// <summary>From 0.</summary>
    public int LineOf(int offset)
    {
        var line = lineStarts.BinarySearch(offset);
        return line < 0 ? ~line - 1 : line;
    }

    public void Error(string code, int start, int end, string message, string? mend = null) => Report(code, Severity.Error, start, end, message, mend);

    public void Warn(string code, int start, int end, string message, string? mend = null) => Report(code, Severity.Warning, start, end, message, mend);

    private void Report(string code, Severity severity, int start, int end, string message, string? mend)
    {
        Errors += severity == Severity.Error ? 1 : 0;
        if (places.TryGetValue(start, out var index))
        {
            // An error takes the place of a warning, never the other way round.
            if (severity == Severity.Error && found[index].Diagnostic.Severity == Severity.Warning)
            {
                found[index] = (start, Of(code, severity, start, end, message, mend));
            }
            return;
        }
        if (severity == Severity.Error ? Errors <= MostDiagnostics : found.Count < MostDiagnostics)
        {
            places.Add(start, found.Count);
            found.Add((start, Of(code, severity, start, end, message, mend)));
        }
    }

    private Diagnostic Of(string code, Severity severity, int start, int end, string message, string? mend)
    {
        var place = PlaceOf(start);
        var lineEnd = place.Line < lineStarts.Count ? lineStarts[place.Line] - 1 : Text.Length;
        var length = Math.Max(1, Math.Min(end, lineEnd) - start);
        return new(code, severity, File, place.Line, place.Column, length, message, mend);
    }
}
