using Waymark.Policies.Language;

namespace Waymark.Daemon.Requests;

/// <summary>A requester's mistake: what was asked for was not done, and nothing has changed.</summary>
internal sealed class RefusedException(string message, EquatableArray<Diagnostic> diagnostics, bool isForbidden = false, bool isMissing = false, bool isUntimely = false) : Exception(message)
{
    /// <summary>The mistakes, with their places; empty where the message says it all.</summary>
    public EquatableArray<Diagnostic> Diagnostics { get; } = diagnostics;

    /// <summary>Whether somebody else might have asked for it.</summary>
    public bool IsForbidden { get; } = isForbidden;

    /// <summary>Whether what was spoken of does not exist.</summary>
    public bool IsMissing { get; } = isMissing;

    /// <summary>Whether it could be asked for in another way, or at another time.</summary>
    public bool IsUntimely { get; } = isUntimely;
}
