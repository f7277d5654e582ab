using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>Test packets of STAMP (RFC 8762) to <see cref="ProbeTarget.Stamp"/> targets.</summary>
/// <param name="thread">On which packets are read and answers taken in.</param>
/// <param name="clock">What is known of the wall clock; null: what the kernel says.</param>
public sealed class StampProbeKind(PacketThread thread, Func<ErrorEstimate>? clock = null) : IProbeKind
{
    /// <inheritdoc/>
    public string Name => "stamp";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Stamp;

    /// <inheritdoc/>
    public int BytesOf(ProbeTarget target, IpFamily family)
    {
        // The key of an authenticated session makes the packet longer, not the key's own bytes.
        var key = ((ProbeTarget.Stamp)target).KeyFile is null ? null : StampKey.FromText("k");
        return 2 * ((family == IpFamily.V4 ? 20 : 40) + StampProbe.UdpBytes + StampRequest.BytesOf(key));
    }

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new StampProbe(family, device, seed, thread, clock ?? ClockReading.Now);
}
