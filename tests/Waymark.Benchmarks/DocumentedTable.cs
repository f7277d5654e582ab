namespace Waymark.Benchmarks;

/// <summary>The figures of docs/measurements.md, each part between two lines that name the part of <c>./bench</c> which writes it.</summary>
internal static class DocumentedTable
{
    /// <summary>Puts them in the place of the last ones.</summary>
    /// <param name="part">Of <c>./bench</c>.</param>
    /// <param name="text">In Markdown.</param>
    public static void Fill(string part, string text)
    {
        var file = System.IO.Path.Combine(Environment.GetEnvironmentVariable("WAYMARK_ROOT")!, "docs", "measurements.md");
        var mark = $"<!-- ./bench {part} -->\n";
        var parts = System.IO.File.ReadAllText(file).Split(mark);
        if (parts.Length != 3)
        {
            throw new InvalidOperationException($"{file} has no two lines '{mark.Trim()}' for the tables to stand between.");
        }
        System.IO.File.WriteAllText(file, parts[0] + mark + text + "\n" + mark + parts[2]);
    }
}
