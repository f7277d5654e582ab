namespace Waymark.Tariffs;

/// <summary>What a path has carried in a billing period.</summary>
/// <param name="Path">The administrator's name for the path.</param>
/// <param name="Meter">The text of the <see cref="Tariffs.Meter"/>.</param>
/// <param name="Span">The period.</param>
/// <param name="Since">From when on it knows what was carried: the period's first instant, or when counting began in the midst of it.</param>
public sealed record UsageAccount(string Path, string Meter, BillingSpan Span, DateTimeOffset Since)
{
    /// <summary>Bytes that came in, as the kernel counted them.</summary>
    public long Received { get; init; }

    /// <summary>Bytes that went out, as the kernel counted them.</summary>
    public long Sent { get; init; }

    /// <summary>What the administrator set right, bytes; may be negative.</summary>
    public long Correction { get; init; }

    /// <summary>Bytes that count as used; never negative.</summary>
    public long Used(CountedTraffic counts) => Math.Max(0, Saturating.Sum(Counted(counts), Correction));

    /// <summary>With so many bytes more.</summary>
    public UsageAccount Plus(ulong received, ulong sent) => received == 0 && sent == 0 ? this : this with
    {
        Received = Saturating.Sum(Received, Saturating.Signed(received)),
        Sent = Saturating.Sum(Sent, Saturating.Signed(sent)),
    };

    /// <summary>With so many bytes used in the whole period, whatever the kernel counted.</summary>
    public UsageAccount SetUsed(long used, CountedTraffic counts) => this with { Correction = used - Counted(counts), Since = Span.From };

    private long Counted(CountedTraffic counts) => counts switch
    {
        CountedTraffic.Both => Saturating.Sum(Received, Sent),
        CountedTraffic.Down => Received,
        CountedTraffic.Up => Sent,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
