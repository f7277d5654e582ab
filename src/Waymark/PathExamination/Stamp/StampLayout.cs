namespace Waymark.PathExamination.Stamp;

/// <summary>
/// Where the fields of packets stand (RFC 8762 sections 4.2 and 4.3): octets from the start. What both ends write stands at the same place in both packets; bytes that are no field are zero.
/// </summary>
/// <param name="Length">Of the packet without extensions.</param>
/// <param name="Timestamp">When its sender sent it, 8 octets.</param>
/// <param name="ErrorEstimate">Of its sender's clock, 2 octets.</param>
/// <param name="SessionId">RFC 8972 section 3, 2 octets.</param>
/// <param name="Received">When the reflector had the request, 8 octets; reply only.</param>
/// <param name="SenderSequence">The request's sequence number, 4 octets; reply only.</param>
/// <param name="SenderTimestamp">The request's timestamp, 8 octets; reply only.</param>
/// <param name="SenderErrorEstimate">The request's error estimate, 2 octets; reply only.</param>
/// <param name="SenderTtl">The TTL or hop limit that the request arrived with, 1 octet; reply only.</param>
internal sealed record StampLayout(
    int Length, int Timestamp, int ErrorEstimate, int SessionId, int Received, int SenderSequence, int SenderTimestamp, int SenderErrorEstimate, int SenderTtl)
{
    /// <summary>Where the tag of the authenticated mode stands; it covers all before it.</summary>
    public const int Tag = 96;

    /// <summary>The sequence number is first, 4 octets.</summary>
    public const int SequenceBytes = 4;

    private static readonly StampLayout Unauthenticated = new(44, 4, 12, 14, 16, 24, 28, 36, 40);

    private static readonly StampLayout Authenticated = new(112, 16, 24, 26, 32, 48, 64, 72, 80);

    public static StampLayout Of(StampKey? key) => key is null ? Unauthenticated : Authenticated;
}
