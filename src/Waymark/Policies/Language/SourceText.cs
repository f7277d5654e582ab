namespace Waymark.Policies.Language;

/// <summary>A text with its name, its lines, and what was found wrong in it. One mistake yields one message: a second at the same place is dropped.</summary>
internal sealed class SourceText
{
    /// <summary>More would only scroll the first ones away.</summary>
    private const int MostDiagnostics = 1000;

    /// <summary>The longest message, in characters: what the text itself says is shown in it, and may be anything.</summary>
    private const int LongestMessage = 600;

    /// <summary>The longest part of a message without a blank, in characters: a name has fewer, and the likely mend of two of them.</summary>
    private const int LongestWord = 80;

    private readonly List<int> lineStarts = [0];
    private readonly List<(int Offset, Diagnostic Diagnostic)> found = [];
    private readonly Dictionary<int, int> places = [];
    private int? firstCut;

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

    /// <summary>What was found, in order of place; where that is more than is listed, the last one says so.</summary>
    public EquatableArray<Diagnostic> Diagnostics => found.OrderBy(one => one.Offset).Select(one => one.Diagnostic).Concat(
        firstCut is { } cut ? [Of(Diagnostic.More, Severity.Error, cut, cut + 1, "there are more errors, from here on, which are not listed", "mend those before first")] : []).ToEquatableArray();

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
        else if (severity == Severity.Error)
        {
            firstCut ??= start;
        }
    }

    private Diagnostic Of(string code, Severity severity, int start, int end, string message, string? mend)
    {
        var place = PlaceOf(start);
        var lineEnd = place.Line < lineStarts.Count ? lineStarts[place.Line] - 1 : Text.Length;
        var length = Math.Max(1, Math.Min(end, lineEnd) - start);
        return new(code, severity, File, place.Line, place.Column, length, Shortened(message), mend is null ? null : Shortened(mend));
    }

    /// <summary>Without the middle of words that nobody wrote as words: a message is for people.</summary>
    private static string Shortened(string message)
    {
        if (message.Length <= LongestWord)
        {
            return message;
        }
        var words = message.Split(' ').Select(word => word.Length <= LongestWord ? word : Cut(word, LongestWord));
        var whole = string.Join(' ', words);
        return whole.Length <= LongestMessage ? whole : Cut(whole, LongestMessage);

        // Not through the middle of a pair of surrogates.
        static string Cut(string text, int length)
        {
            int left = (length / 2) - 1, right = text.Length - ((length / 2) - 2);
            return text[..(char.IsHighSurrogate(text[left - 1]) ? left - 1 : left)] + "..." + text[(char.IsLowSurrogate(text[right]) ? right + 1 : right)..];
        }
    }
}
