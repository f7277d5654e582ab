namespace Waymark.Fuzzing;

/// <summary>Inputs that runs found, each for a branch that no other reaches: a line of hexadecimal digits each, so that they can be read and compared.</summary>
internal static class Corpus
{
    /// <summary>Larger ones make every run slow and tell little more.</summary>
    private const int Longest = 1024;

    /// <summary>Those of a target; none where no run was kept.</summary>
    public static IEnumerable<byte[]> Of(string target)
    {
        var file = System.IO.Path.Combine(AppContext.BaseDirectory, "Corpus", $"{target}.hex");
        return System.IO.File.Exists(file) ? System.IO.File.ReadLines(file).Where(line => line.Length > 0).Select(Convert.FromHexString) : [];
    }

    /// <summary>Writes a directory of inputs, shortest first.</summary>
    public static void Write(System.IO.TextWriter to, string directory)
    {
        foreach (var line in System.IO.Directory.GetFiles(directory).Select(System.IO.File.ReadAllBytes).Where(bytes => bytes.Length <= Longest).Select(Convert.ToHexString).Distinct()
            .OrderBy(line => line.Length).ThenBy(line => line, StringComparer.Ordinal))
        {
            to.WriteLine(line);
        }
    }
}
