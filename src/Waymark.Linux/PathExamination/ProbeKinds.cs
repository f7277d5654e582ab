using Waymark.Linux.PathExamination.Dns;
using Waymark.Linux.PathExamination.Http;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.Linux.PathExamination.Tcp;

namespace Waymark.Linux.PathExamination;

/// <summary>Every way of asking that there is.</summary>
public static class ProbeKinds
{
    /// <summary>One of each.</summary>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<IProbeKind> All(TimeProvider time) => [new IcmpProbeKind(time), new StampProbeKind(time), new TcpProbeKind(time), new HttpProbeKind(time), new DnsProbeKind(time)];
}
