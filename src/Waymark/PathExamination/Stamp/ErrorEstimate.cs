namespace Waymark.PathExamination.Stamp;

/// <summary>
/// What a host says of its clock (RFC 8762 section 4.2.1, RFC 4656 section 4.1.2): bit 15 S, synchronised to UTC by an external source; bit 14 Z, the format of its timestamps;
/// 6 bits of scale and 8 of a multiplier, which make the error: multiplier * 2^scale * 2^-32 s.
/// </summary>
/// <param name="Bits">As they stand in a packet.</param>
public readonly record struct ErrorEstimate(ushort Bits)
{
    private const int Synchronized = 0x8000;
    private const int Ptp = 0x4000;

    /// <summary>Of a clock of which nothing is known.</summary>
    public static ErrorEstimate Unknown { get; } = Of(false, TimeSpan.FromSeconds(1));

    /// <summary>Whether the clock keeps UTC; an error of nothing is a mistake of who says it (RFC 4656: the multiplier must not be zero), and its word counts for nothing.</summary>
    public bool IsSynchronized => (Bits & Synchronized) != 0 && (Bits & 0xff) != 0;

    /// <summary>Whether its timestamps are PTP's instead of NTP's.</summary>
    public bool IsPtp => (Bits & Ptp) != 0;

    /// <summary>How far it may be off, from zero.</summary>
    public TimeSpan Error => TimeSpan.FromSeconds((Bits & 0xff) * Math.Pow(2, ((Bits >> 8) & 0x3f) - 32));

    /// <summary>The least that can be written and is not less than <paramref name="error"/>; NTP's timestamps.</summary>
    /// <param name="isSynchronized">Whether the clock keeps UTC.</param>
    /// <param name="error">How far it may be off, from zero.</param>
    public static ErrorEstimate Of(bool isSynchronized, TimeSpan error)
    {
        var units = error.TotalSeconds * Math.Pow(2, 32);
        var scale = 0;
        while (units > 255)
        {
            units /= 2;
            scale++;
        }
        return new((ushort)((isSynchronized ? Synchronized : 0) | (scale << 8) | Math.Max(1, (int)Math.Ceiling(units))));
    }
}
