using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Waymark.Lab.Control;

/// <summary>
/// The programs that <c>lab exec</c> started, and what they started in turn: told by two variables in their environment, so that they are found when the lab is gone
/// and with it every other trace of where they belong. One that clears its environment is not found.
/// </summary>
public static class LabProcesses
{
    private const string InNode = "WAYMARK_LAB_NODE=1";

    /// <summary>How long they have to end when they are asked to.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What such a program's environment holds.</summary>
    public static string[] Marks(string socket) => [$"WAYMARK_LAB={socket}", InNode];

    /// <summary>Ends those of the lab that listens, or listened, at <paramref name="socket"/>: asks first, then kills. Gives how many there were.</summary>
    public static async Task<int> EndAsync(string socket, CancellationToken cancellationToken)
    {
        var marks = Marks(socket);
        var found = Find(marks);
        foreach (var id in found)
        {
            Signal("TERM", id);
        }
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience && Find(marks).Count > 0;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
        foreach (var id in Find(marks))
        {
            Signal("KILL", id);
        }
        return found.Count;
    }

    private static List<int> Find(string[] marks)
    {
        var found = new List<int>();
        foreach (var folder in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId
                && WordsOf(folder) is { } words && marks.All(words.Contains))
            {
                found.Add(id);
            }
        }
        return found;

        static HashSet<string>? WordsOf(string folder)
        {
            try
            {
                return [.. Encoding.UTF8.GetString(System.IO.File.ReadAllBytes($"{folder}/environ")).Split('\0')];
            }
            catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
            {
                // Another user's, or gone meanwhile.
                return null;
            }
        }
    }

    private static void Signal(string name, int id)
    {
        try
        {
            using var kill = Process.Start(new ProcessStartInfo("kill", ["-s", name, id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true })!;
            kill.WaitForExit();
        }
        catch (Win32Exception failed)
        {
            throw OwnNamespaces.Missing("kill", failed.Message);
        }
    }
}
