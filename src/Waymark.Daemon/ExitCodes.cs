namespace Waymark.Daemon;

/// <summary>What the daemon's exit codes mean; documented in <c>docs/operations.md</c>.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>A file is wrong, or does not fit this host.</summary>
    public const int BadInput = 2;

    public const int AlreadyRunning = 3;
}
