using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.Tcp;

/// <summary>Requests for a connection to <see cref="ProbeTarget.Tcp"/> targets.</summary>
/// <param name="time">The clock.</param>
public sealed class TcpProbeKind(TimeProvider time) : IProbeKind
{
    /// <summary>SYN and its answer with Linux's options (segment size, SACK, timestamps, window scale), then ACK and RST with timestamps at most.</summary>
    internal const int HandshakeBytes = 40 + 40 + 32 + 32;

    /// <summary>How many packets that are.</summary>
    internal const int HandshakePackets = 4;

    /// <inheritdoc/>
    public string Name => "tcp";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Tcp;

    /// <inheritdoc/>
    public int BytesOf(ProbeTarget target, IpFamily family) => HandshakeBytes + (HandshakePackets * (family == IpFamily.V4 ? 20 : 40));

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new TcpProbe(family, device, time);
}
