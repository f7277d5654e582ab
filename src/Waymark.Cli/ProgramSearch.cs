using System.IO;

namespace Waymark.Cli;

/// <summary>Looks for a program as execvp(3) does: where it holds no slash, in the folders of <c>PATH</c>.</summary>
internal static class ProgramSearch
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Why it cannot be run, with the exit code that shells have for that; null: it can.</summary>
    public static string? Refuse(string program, out int code)
    {
        var places = program.Contains('/', StringComparison.Ordinal) ? [program]
            : (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Select(folder => Path.Combine(folder, program)).ToArray();
        code = ExitCodes.Done;
        if (places.Any(IsExecutable))
        {
            return null;
        }
        if (places.FirstOrDefault(place => File.Exists(place) || Directory.Exists(place)) is { } found)
        {
            code = ExitCodes.NotExecutable;
            return Directory.Exists(found) ? $"'{found}' is a folder, not a program" : $"'{found}' is not executable: 'chmod +x {found}' makes it so";
        }
        code = ExitCodes.NotFound;
        // Ours need not be installed to be tried in a lab.
        var beside = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "", program);
        return program.Contains('/', StringComparison.Ordinal) ? $"there is no program '{program}' here, in {Environment.CurrentDirectory}"
            : $"no folder of PATH holds a program '{program}': {(IsExecutable(beside) ? $"did you mean '{beside}'?" : "install it, or give its path")}";
    }

    private static bool IsExecutable(string file) => !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & AnyExecute) != 0;
}
