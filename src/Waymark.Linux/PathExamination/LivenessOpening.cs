using System.Net.Sockets;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>A conversation that is opened when it is made, and tried to open again at each round where that failed. Of one caller at a time, but for what it claims.</summary>
/// <param name="kind">What opens it.</param>
/// <param name="watched">With whom.</param>
/// <param name="now">The moment.</param>
internal sealed class LivenessOpening(ILivenessKind kind, WatchedTarget watched, DateTimeOffset now) : IDisposable
{
    private ILivenessSession? session;
    private string? refusal;

    public string Source => kind.Name;

    public WatchedTarget Watched => watched;

    public LivenessWitness Witness { get; } = new(now);

    public LivenessClaim Claim => session is { Fault: null } open ? open.Claim : LivenessClaim.None;

    public string? Fault => refusal ?? (session?.Fault is { } fault ? $"{watched.Target} by {watched.Device}: {fault}" : null);

    /// <summary>Opens it where it is not open, and has its packets carry <paramref name="mark"/>.</summary>
    public void Open(uint mark, Action changed)
    {
        try
        {
            session ??= kind.Open(watched, mark, changed);
            session.Mark = mark;
            refusal = null;
        }
        catch (SocketException refused)
        {
            // Without sockets there is no conversation: the other targets or the link's own word have to do, and the fault is shown.
            refusal = refused.SocketErrorCode == SocketError.AccessDenied
                ? $"cannot open a socket for {watched.Target} on {watched.Device}: {refused.Message}; the daemon needs CAP_NET_RAW and CAP_NET_ADMIN"
                : $"cannot open a socket for {watched.Target} on {watched.Device}: {refused.Message}";
        }
    }

    public void Dispose() => session?.Dispose();
}
