using System.Net.Sockets;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// A probe that is opened when it is made, and tried to open again at each round where that failed: a device may have been on its way. Of one caller at a time, but for
/// <see cref="AskAsync"/>.
/// </summary>
internal sealed class ProbeOpening : IDisposable
{
    private readonly IProbeKind kind;
    private readonly IpFamily family;
    private readonly string device;
    private readonly ulong seed;
    private IProbe? probe;
    private string? refusal;

    public ProbeOpening(IProbeKind kind, IpFamily family, string device, ulong seed)
    {
        (this.kind, this.family, this.device, this.seed) = (kind, family, device, seed);
        Open(0);
    }

    public string Source => kind.Name;

    /// <summary>Opens it where it is not open, and has its packets carry <paramref name="mark"/>.</summary>
    public void Open(uint mark)
    {
        try
        {
            probe ??= kind.Open(family, device, seed);
            probe.Mark = mark;
            refusal = null;
        }
        catch (SocketException refused)
        {
            // Without a socket there is no probing: the link's own word has to do, and the fault is shown.
            refusal = refused.SocketErrorCode == SocketError.AccessDenied
                ? $"cannot open a socket for {kind.Name} on {device}: {refused.Message}; the daemon needs CAP_NET_RAW and CAP_NET_ADMIN"
                : $"cannot open a socket for {kind.Name} on {device}: {refused.Message}";
        }
    }

    public async Task<ProbeResult> AskAsync(ProbeTarget target, DateTimeOffset now, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (refusal is not null || probe is null)
        {
            return new(now, null, refusal);
        }
        var result = await probe.ProbeAsync(target, patience, cancellationToken);
        return result with { Fault = Of(target, result.Fault), Finding = Of(target, result.Finding) };
    }

    /// <summary>Whether it can send trains.</summary>
    public bool SendsTrains => refusal is null && probe?.Trains is not null;

    /// <summary>Sends one; null where it cannot, or the train was of no use.</summary>
    public Task<PacketTrain?> SendTrainAsync(ProbeTarget target, int packets, TimeSpan patience, CancellationToken cancellationToken) =>
        probe?.Trains is { } sender ? sender.SendTrainAsync(target, packets, patience, cancellationToken) : Task.FromResult<PacketTrain?>(null);

    public void Dispose() => probe?.Dispose();

    private string? Of(ProbeTarget target, string? reason) => reason is null ? null : $"{target} by {device}: {reason}";
}
