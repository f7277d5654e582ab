namespace Waymark.PathExamination.Stamp;

/// <summary>
/// An instant in the 64-bit format of NTP (RFC 5905 section 6): 32 bits of seconds since 1900, of which the era is not told, and 32 bits of their fraction.
/// </summary>
/// <param name="Bits">As they stand in a packet.</param>
public readonly record struct NtpTimestamp(ulong Bits)
{
    /// <summary>From 1900 to 1970.</summary>
    private const uint UnixEpoch = 2_208_988_800;

    private static readonly DateTimeOffset Epoch = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The instant, to the nearest 2^-32 s; what is before 1900 is 1900.</summary>
    public static NtpTimestamp From(DateTimeOffset at)
    {
        var (seconds, rest) = Math.DivRem(Math.Max(0, (at - Epoch).Ticks), TimeSpan.TicksPerSecond);
        return new(unchecked((ulong)seconds << 32) | ((((ulong)rest << 32) + (TimeSpan.TicksPerSecond / 2)) / TimeSpan.TicksPerSecond));
    }

    /// <summary>
    /// The instant in the truncated format of PTPv2 (RFC 8186 section 2): 32 bits of seconds since 1970 and 32 bits of nanoseconds; null where those are a second or more. Whether leap
    /// seconds are counted is not told, so only differences between such instants mean anything.
    /// </summary>
    public static NtpTimestamp? FromPtp(ulong bits)
    {
        var nanoseconds = bits & uint.MaxValue;
        return nanoseconds >= 1_000_000_000 ? null : new(unchecked(((bits >> 32) + UnixEpoch) << 32) | ((nanoseconds << 32) / 1_000_000_000));
    }

    /// <summary>From the right one to the left one, at most 68 years either way: eras may lie between them.</summary>
    public static TimeSpan operator -(NtpTimestamp later, NtpTimestamp earlier)
    {
        var difference = unchecked((long)(later.Bits - earlier.Bits));
        return TimeSpan.FromTicks((long)((((Int128)difference * TimeSpan.TicksPerSecond) + (1L << 31)) >> 32));
    }

    /// <summary>What the operator gives.</summary>
    public static TimeSpan Subtract(NtpTimestamp later, NtpTimestamp earlier) => later - earlier;
}
