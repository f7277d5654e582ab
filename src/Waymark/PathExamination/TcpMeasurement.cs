namespace Waymark.PathExamination;

/// <summary>What the kernel's TCP knows of one connection; a number that this kernel does not keep is null.</summary>
/// <param name="RoundTrip">Smoothed round trip (RFC 6298), from what was sent to its acknowledgement; null before the first.</param>
/// <param name="RoundTripVariation">Its mean deviation (RFC 6298).</param>
/// <param name="AcknowledgedBytes">Bytes sent that the other end has acknowledged, since the connection began.</param>
/// <param name="SinceAcknowledgement">How long ago the newest segment with an acknowledgement came.</param>
public sealed record TcpMeasurement(TimeSpan? RoundTrip, TimeSpan RoundTripVariation, ulong? AcknowledgedBytes, TimeSpan SinceAcknowledgement)
{
    /// <summary>The least round trip of the last minutes.</summary>
    public TimeSpan? LeastRoundTrip { get; init; }

    /// <summary>Segments with data that were sent, those sent again included.</summary>
    public uint? SentSegments { get; init; }

    /// <summary>Segments that were sent again.</summary>
    public uint Retransmissions { get; init; }

    /// <summary>How many of those the other end had already (RFC 2883); kernels before 5.1 do not count them.</summary>
    public uint NeedlessRetransmissions { get; init; }

    /// <summary>Bytes received in order.</summary>
    public ulong? ReceivedBytes { get; init; }

    /// <summary>At what rate data was lately delivered to the other end, bit/s of payload.</summary>
    public double? DeliveryRate { get; init; }

    /// <summary>Whether <see cref="DeliveryRate"/> is no larger because the program had no more to send.</summary>
    public bool IsApplicationLimited { get; init; }

    /// <summary>The largest payload of a segment, bytes.</summary>
    public uint SegmentBytes { get; init; }
}
