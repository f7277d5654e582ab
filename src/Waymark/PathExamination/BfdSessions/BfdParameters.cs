namespace Waymark.PathExamination.BfdSessions;

/// <summary>What this end of a session asks for (RFC 5880 section 6.8.1).</summary>
public sealed record BfdParameters
{
    /// <summary>The longest time that the wire can say: 32 bits of microseconds, more than an hour.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMicroseconds(uint.MaxValue);

    /// <summary>Takes them; what is out of range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
    /// <param name="detectMultiplier">How many of our packets in a row may be lost before the other end calls the session down, 1 to 255 (<c>bfd.DetectMult</c>).</param>
    /// <param name="desiredMinTransmit">The least time between our packets while up, from 1 us to <see cref="Longest"/> (<c>bfd.DesiredMinTxInterval</c>).</param>
    /// <param name="requiredMinReceive">The least time between the other end's packets that we can bear, from 1 us to <see cref="Longest"/> (<c>bfd.RequiredMinRxInterval</c>).</param>
    public BfdParameters(int detectMultiplier, TimeSpan desiredMinTransmit, TimeSpan requiredMinReceive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(detectMultiplier, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(detectMultiplier, byte.MaxValue);
        foreach (var interval in new[] { desiredMinTransmit, requiredMinReceive })
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMicroseconds(1), nameof(interval));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, Longest, nameof(interval));
        }
        (DetectMultiplier, DesiredMinTransmit, RequiredMinReceive) = ((byte)detectMultiplier, desiredMinTransmit, requiredMinReceive);
    }

    /// <summary>How many of our packets in a row may be lost, 1 to 255.</summary>
    public byte DetectMultiplier { get; }

    /// <summary>The least time between our packets while up.</summary>
    public TimeSpan DesiredMinTransmit { get; }

    /// <summary>The least time between the other end's packets.</summary>
    public TimeSpan RequiredMinReceive { get; }
}
