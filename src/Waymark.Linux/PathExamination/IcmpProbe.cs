using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// ICMP echo (RFC 792, RFC 4443 section 4) out of one device: bound to it and marked, so that neither routing nor the filter rules lead it elsewhere. Needs CAP_NET_RAW.
/// An answer counts only with our identifier, the sequence number of a probe under way, its payload and its target's address.
/// </summary>
public sealed class IcmpProbe : IProbe
{
    /// <summary>Type, code, checksum, identifier, sequence and nonce.</summary>
    internal const int MessageBytes = 16;

    private readonly DatagramSocket socket;
    private readonly IpFamily family;
    private readonly PacketThread thread;
    private readonly ushort identifier;
    private readonly ulong nonce;
    private readonly ConcurrentDictionary<ushort, Waiting> waiting = new();
    private readonly AnswerDeadlines deadlines;
    private readonly ConcurrentDictionary<IpAddress, SocketAddress> names = new();
    private int sequence;

    /// <summary>Opens a socket in the thread's network namespace; throws <see cref="SocketException"/>, without the right for example.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which probes leave and answers come.</param>
    /// <param name="seed">Makes identifier and payload, so that another's answers are not taken for ours.</param>
    /// <param name="thread">On which answers are taken in.</param>
    public IcmpProbe(IpFamily family, string device, ulong seed, PacketThread thread)
    {
        (this.family, this.thread, nonce, identifier) = (family, thread, seed, (ushort)(seed >> 48));
        deadlines = new(thread);
        socket = new(family, SocketType.Raw, family == IpFamily.V4 ? ProtocolType.Icmp : ProtocolType.IcmpV6, thread);
        socket.Attach(device);
        LetOnlyAnswersIn();
        socket.Bind(0);
        socket.Receive(Take);
    }

    /// <inheritdoc/>
    public uint Mark
    {
        get => socket.Mark;
        set => socket.Mark = value;
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var address = ((ProbeTarget.Icmp)target).Address;
        var number = unchecked((ushort)Interlocked.Increment(ref sequence));
        var one = new Waiting(address, thread.GetTimestamp());
        waiting[number] = one;
        var sentAt = thread.GetUtcNow();
        try
        {
            Send(number, address);
            return new(sentAt, await deadlines.WaitAsync(one.Answer, timeout, cancellationToken), null);
        }
        catch (SocketException refused)
        {
            // It never left: no route by this device, a firewall's refusal, no memory. That says nothing of what is behind the first link.
            return new(sentAt, null, SendingFault.Of(refused));
        }
        finally
        {
            waiting.TryRemove(number, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        deadlines.Dispose();
    }

    private void Send(ushort number, IpAddress address)
    {
        // Type, code, checksum, identifier, sequence; then the nonce.
        Span<byte> packet = stackalloc byte[MessageBytes];
        packet.Clear();
        packet[0] = family == IpFamily.V4 ? (byte)8 : (byte)128;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], number);
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], nonce);
        if (family == IpFamily.V4)
        {
            // The kernel computes ICMPv6's, which covers addresses.
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], Checksum(packet));
        }
        socket.Send(packet, names.GetOrAdd(address, static one => DatagramSocket.NameOf(one, 0)));
    }

    /// <summary>The Internet checksum (RFC 1071).</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }
        sum = (sum & 0xffff) + (sum >> 16);
        return unchecked((ushort)~(sum + (sum >> 16)));
    }

    /// <summary>Every raw socket gets a copy of every ICMP packet; the kernel drops those of other types before they cost us anything.</summary>
    private void LetOnlyAnswersIn()
    {
        if (family == IpFamily.V4)
        {
            // ICMP_FILTER: a set bit blocks a type below 32; echo reply is 0.
            socket.Option(255, 1, [0xfe, 0xff, 0xff, 0xff]);
            return;
        }
        // ICMP6_FILTER (RFC 3542 section 3.2): a set bit blocks; echo reply is 129.
        Span<byte> filter = stackalloc byte[32];
        filter.Fill(0xff);
        filter[129 / 8] = 0xff ^ (1 << (129 % 8));
        socket.Option(58, 1, filter);
    }

    private void Take(Datagram datagram)
    {
        var packet = datagram.Bytes;
        if (family == IpFamily.V4)
        {
            // A raw IPv4 socket gives the IP header too.
            var header = packet.Length > 0 ? (packet[0] & 15) * 4 : 0;
            if (packet.Length < header + MessageBytes)
            {
                return;
            }
            packet = packet[header..];
        }
        if (packet.Length < MessageBytes || packet[0] != (family == IpFamily.V4 ? 0 : 129)
            || BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) != identifier
            || BinaryPrimitives.ReadUInt64BigEndian(packet[8..]) != nonce)
        {
            return;
        }
        if (waiting.TryGetValue(BinaryPrimitives.ReadUInt16BigEndian(packet[6..]), out var one) && one.Target == datagram.From)
        {
            one.Answer.Take(datagram.After(one.Sent, thread));
        }
    }

    private sealed record Waiting(IpAddress Target, long Sent)
    {
        public AwaitedAnswer<TimeSpan> Answer { get; } = new();
    }
}
