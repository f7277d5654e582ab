using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// A standing conversation with one target by one path, which says by itself when the target falls silent and when it is back. Of one caller at a time, but for what it
/// claims. Disposing it ends it on purpose, and says so to the other end.
/// </summary>
public interface ILivenessSession : IDisposable
{
    /// <summary>The firewall mark of its packets; 0: none.</summary>
    uint Mark { get; set; }

    /// <summary>What it says now.</summary>
    LivenessClaim Claim { get; }

    /// <summary>Why its packets cannot be sent; then it claims nothing. Null: they can.</summary>
    string? Fault { get; }
}
