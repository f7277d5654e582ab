using Waymark.Flows;

namespace Waymark.PathExamination;

/// <summary>What a path's connections prove at a moment.</summary>
/// <param name="Heard4">When IPv4 was last seen to carry both ways; null: not since the moment before.</param>
/// <param name="Heard6">The same of IPv6.</param>
/// <param name="DeliveryRate">The largest rate at which one of them delivered all that it could, bit/s of IP; 0: none did.</param>
public readonly record struct ConnectionEvidence(DateTimeOffset? Heard4, DateTimeOffset? Heard6, double DeliveryRate)
{
    /// <summary>
    /// When that family was last seen to carry both ways. Only an acknowledgement of what was sent proves it: bytes that come in prove the way here alone, and may be
    /// the chatter of neighbours on the link.
    /// </summary>
    public DateTimeOffset? Heard(IpFamily family) => family == IpFamily.V4 ? Heard4 : Heard6;
}
