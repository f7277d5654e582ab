namespace Waymark.Cli;

/// <summary>What exit codes mean; documented in <c>docs/command-line.md</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It was refused, or failed on the way.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a file or a flow is wrong.</summary>
    public const int BadInput = 2;

    /// <summary>No daemon answers.</summary>
    public const int NoDaemon = 3;

    /// <summary>Done, but a policy could not be resolved, or the kernel does otherwise than decided.</summary>
    public const int Unresolved = 4;

    /// <summary><c>lab exec</c>: the program is there and cannot be run; as shells say it.</summary>
    public const int NotExecutable = 126;

    /// <summary><c>lab exec</c>: there is no such program; as shells say it.</summary>
    public const int NotFound = 127;
}
