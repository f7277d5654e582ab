using Microsoft.Extensions.Logging;
using Waymark.PathDecision;

namespace Waymark.Daemon;

/// <summary>Appends decisions to a file, for <c>waymark replay</c>.</summary>
internal static class DecisionRecorder
{
    /// <summary>What records into <paramref name="file"/>; null: nothing does.</summary>
    public static Action<World, Decision> To(string? file, ILogger log) => file is null ? static (_, _) => { } : (world, decision) =>
    {
        try
        {
            System.IO.File.AppendAllText(file, Recording.Write(world, decision) + "\n");
        }
        catch (Exception failed) when (failed is System.IO.IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // A recording with a hole is said to have one; deciding goes on.
            Log.RecordFailed(log, failed.Message);
        }
    };
}
