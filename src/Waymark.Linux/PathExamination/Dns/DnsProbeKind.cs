using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.DomainNames;

namespace Waymark.Linux.PathExamination.Dns;

/// <summary>Questions to <see cref="ProbeTarget.Dns"/> targets.</summary>
/// <param name="thread">On which packets are read and answers taken in.</param>
public sealed class DnsProbeKind(PacketThread thread) : IProbeKind
{
    /// <summary>Of a UDP header.</summary>
    private const int UdpBytes = 8;

    /// <inheritdoc/>
    public string Name => "dns";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Dns;

    /// <summary>With the longest answer there is: a server chooses how much it says.</summary>
    public int BytesOf(ProbeTarget target, IpFamily family)
    {
        var question = DomainName.TryParse(((ProbeTarget.Dns)target).Name) is { } name ? new NameQuestion(0, name).Bytes : 0;
        return (2 * ((family == IpFamily.V4 ? 20 : 40) + UdpBytes)) + question + NameAnswer.MostBytes;
    }

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new DnsProbe(family, device, thread);
}
