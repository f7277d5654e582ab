using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>ICMP echo to <see cref="ProbeSettings.Targets"/>.</summary>
/// <param name="time">The clock.</param>
public sealed class IcmpProbeKind(TimeProvider time) : IProbeKind
{
    /// <inheritdoc/>
    public string Name => "icmp";

    /// <inheritdoc/>
    public EquatableArray<IpAddress> TargetsOf(ProbeSettings settings) => settings.Targets;

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new IcmpProbe(family, device, seed, time);
}
