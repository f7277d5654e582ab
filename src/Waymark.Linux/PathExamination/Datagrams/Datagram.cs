using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>A packet that came, and what the kernel says of it.</summary>
/// <param name="bytes">What it holds.</param>
internal readonly ref struct Datagram(ReadOnlySpan<byte> bytes)
{
    /// <summary>What it holds; of a raw IPv4 socket with the IP header. Good during the call only.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Who sent it.</summary>
    public required IpAddress From { get; init; }

    /// <summary>The sender's port; 0 of a raw socket.</summary>
    public required int FromPort { get; init; }

    /// <summary>When the kernel had it, by the wall clock.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    /// <summary>The same by the monotonic clock, in its ticks.</summary>
    public required long ArrivedTicks { get; init; }

    /// <summary>How long after that moment it came, never less than nothing; where the wall clock was set meanwhile, which makes it seem to have come before, the moment of reading has to do.</summary>
    /// <param name="sent">By the monotonic clock, in its ticks.</param>
    /// <param name="time">The clock.</param>
    public TimeSpan After(long sent, TimeProvider time) => time.GetElapsedTime(sent, ArrivedTicks >= sent ? ArrivedTicks : time.GetTimestamp());

    /// <summary>The address that it was sent to, and the device that it came in by; null unless the socket tells places.</summary>
    public ArrivalPlace? Place { get; init; }

    /// <summary>The TTL or hop limit left; null unless the socket tells places.</summary>
    public byte? Ttl { get; init; }
}
