using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.Tcp;

/// <summary>
/// Asks servers for a TCP connection out of one device, and closes it again before a byte is sent. A refusal is an answer too, for it came from there. The kernel matches answers to
/// questions by ports and sequence numbers, of which it chooses new ones for each.
/// </summary>
/// <param name="family">IPv4 or IPv6.</param>
/// <param name="device">The device by which connections leave.</param>
/// <param name="time">The clock.</param>
internal sealed class TcpProbe(IpFamily family, string device, TimeProvider time) : IProbe
{
    private readonly TcpCaller caller = new(family, device, time);

    /// <inheritdoc/>
    public uint Mark
    {
        get => caller.Mark;
        set => caller.Mark = value;
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asked = (ProbeTarget.Tcp)target;
        var call = await caller.CallAsync(asked.Address, asked.Port, timeout, cancellationToken);
        call.Socket?.Dispose();
        return new(call.SentAt, call.RoundTrip, call.Fault);
    }

    /// <inheritdoc/>
    public void Dispose() => caller.Dispose();
}
