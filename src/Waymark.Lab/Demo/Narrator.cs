using System.IO;

namespace Waymark.Lab.Demo;

/// <summary>Tells the demo's story: headings, sentences, what programs print. Colours only where they were asked for.</summary>
/// <param name="output">Where to.</param>
/// <param name="hasColours">Whether to use colours.</param>
public sealed class Narrator(TextWriter output, bool hasColours)
{
    private readonly Lock gate = new();

    /// <summary>A new act.</summary>
    public void Act(string heading) => Write($"\n{Paint("1;36", $"== {heading}")}");

    /// <summary>What happens.</summary>
    public void Say(string sentence) => Write($"   {sentence}");

    /// <summary>A command and what it printed.</summary>
    public void Show(string command, string printed)
    {
        Write($"   {Paint("1", $"$ {command}")}");
        foreach (var line in printed.TrimEnd().Split('\n'))
        {
            Write($"     {line}");
        }
    }

    /// <summary>An expectation that came true, or did not.</summary>
    public void Check(bool isMet, string sentence) => Write($"   {(isMet ? Paint("32", "ok  ") : Paint("1;31", "FAIL"))} {sentence}");

    private string Paint(string code, string text) => hasColours ? $"\u001b[{code}m{text}\u001b[0m" : text;

    private void Write(string line)
    {
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
