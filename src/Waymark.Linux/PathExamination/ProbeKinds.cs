using Waymark.Linux.PathExamination.Datagrams;
using Waymark.Linux.PathExamination.Dns;
using Waymark.Linux.PathExamination.Http;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.Linux.PathExamination.Tcp;

namespace Waymark.Linux.PathExamination;

/// <summary>Every way of asking that there is.</summary>
public static class ProbeKinds
{
    /// <summary>One of each.</summary>
    /// <param name="thread">On which probes are sent and answers taken in.</param>
    public static IReadOnlyList<IProbeKind> All(PacketThread thread) => [new IcmpProbeKind(thread), new StampProbeKind(thread), new TcpProbeKind(thread), new HttpProbeKind(thread), new DnsProbeKind(thread)];
}
