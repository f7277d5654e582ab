using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>ICMP echo to <see cref="ProbeTarget.Icmp"/> targets.</summary>
/// <param name="thread">On which packets are read and answers taken in.</param>
public sealed class IcmpProbeKind(PacketThread thread) : IProbeKind
{
    /// <inheritdoc/>
    public string Name => "icmp";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Icmp;

    /// <inheritdoc/>
    public int BytesOf(ProbeTarget target, IpFamily family) => 2 * ((family == IpFamily.V4 ? 20 : 40) + IcmpProbe.MessageBytes);

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new IcmpProbe(family, device, seed, thread);
}
