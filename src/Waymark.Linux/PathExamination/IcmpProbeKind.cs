using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>ICMP echo to <see cref="ProbeTarget.Icmp"/> targets.</summary>
/// <param name="time">The clock.</param>
public sealed class IcmpProbeKind(TimeProvider time) : IProbeKind
{
    /// <inheritdoc/>
    public string Name => "icmp";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Icmp;

    /// <inheritdoc/>
    public int BytesOf(ProbeTarget target, IpFamily family) => 2 * ((family == IpFamily.V4 ? 20 : 40) + IcmpProbe.MessageBytes);

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new IcmpProbe(family, device, seed, time);
}
