using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>
/// A UDP or raw socket of one family, in the network namespace of the thread that opened it, that tells when the kernel had each packet: on a busy machine it may be read
/// milliseconds later. Sending never waits and is safe for several threads at once; <see cref="Receive"/> is called once.
/// </summary>
internal sealed class DatagramSocket : IDisposable
{
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private const int MarkOption = 36;

    /// <summary>More than any Ethernet carries; what is longer is no packet for us.</summary>
    private const int MostBytes = 2048;

    /// <summary>A packet that says it waited longer came before somebody set the wall clock.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly Socket socket;
    private readonly IpFamily family;
    private readonly PacketThread thread;
    private readonly byte[] buffer = new byte[MostBytes];
    private ulong? reading;
    private volatile bool isClosed;

    /// <summary>Opens one; throws <see cref="SocketException"/>, without the right for example.</summary>
    public DatagramSocket(IpFamily family, SocketType type, ProtocolType protocol, PacketThread thread)
    {
        (this.family, this.thread) = (family, thread);
        socket = new(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, type, protocol) { Blocking = false };
        Option(SocketLevel, ControlMessages.TimestampNanoseconds, 1);
        if (family == IpFamily.V6 && type == SocketType.Dgram)
        {
            // IPV6_V6ONLY: the same port of IPv4 is another socket's.
            Option(ControlMessages.Ip6Level, 26, 1);
        }
    }

    /// <summary>The port that it is bound to.</summary>
    public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>The firewall mark of what it sends; 0: none.</summary>
    public uint Mark
    {
        get;
        set
        {
            if (value != field)
            {
                Span<byte> bytes = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
                socket.SetRawSocketOption(SocketLevel, MarkOption, bytes);
                field = value;
            }
        }
    }

    /// <summary>Sets an option; throws <see cref="SocketException"/>, and the socket is closed then.</summary>
    public void Option(int level, int name, ReadOnlySpan<byte> value)
    {
        var bytes = value.ToArray();
        Set(() => socket.SetRawSocketOption(level, name, bytes));
    }

    /// <summary>Sets a number.</summary>
    public void Option(int level, int name, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Option(level, name, bytes);
    }

    /// <summary>Has packets leave by that device and come from it only.</summary>
    public void Attach(string device) => Option(SocketLevel, BindToDevice, Encoding.UTF8.GetBytes(device + "\0"));

    /// <summary>Has packets leave with the TTL or hop limit that tests need (RFC 8762 section 4.2: 255).</summary>
    public void MaximizeTtl() => Option(family == IpFamily.V4 ? ControlMessages.Ip4Level : ControlMessages.Ip6Level, family == IpFamily.V4 ? 2 : 16, 255);

    /// <summary>Has the kernel tell of each packet which address it was sent to, by which device it came, and its TTL.</summary>
    public void TellPlaces()
    {
        // IP_PKTINFO and IP_RECVTTL (ip(7)); IPV6_RECVPKTINFO and IPV6_RECVHOPLIMIT (RFC 3542).
        var (level, place, ttl) = family == IpFamily.V4 ? (ControlMessages.Ip4Level, 8, 12) : (ControlMessages.Ip6Level, 49, 51);
        Option(level, place, 1);
        Option(level, ttl, 1);
    }

    /// <summary>Binds it to any address and that port; 0: any.</summary>
    public void Bind(int port) => Set(() => socket.Bind(new IPEndPoint(family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, port)));

    /// <summary>Where <see cref="Send"/> sends to.</summary>
    public static SocketAddress NameOf(IpAddress address, int port) => new IPEndPoint(address.ToIPAddress(), port).Serialize();

    /// <summary>
    /// Sends a packet; throws <see cref="SocketException"/> where it can never leave. One for which there is no room any more in the queue is lost: the device takes none of those before it either, and nobody waits for that here.
    /// </summary>
    public void Send(ReadOnlySpan<byte> packet, SocketAddress to)
    {
        try
        {
            socket.SendTo(packet, SocketFlags.None, to);
        }
        catch (SocketException full) when (full.SocketErrorCode == SocketError.WouldBlock)
        {
            // As many of this socket's packets wait to be sent as it may have.
        }
    }

    /// <summary>Sends a packet from a place to another; one that cannot leave is lost.</summary>
    public unsafe void SendFrom(ArrivalPlace place, IpAddress to, int port, ReadOnlySpan<byte> packet)
    {
        Span<byte> name = stackalloc byte[SocketNames.MostBytes];
        Span<byte> control = stackalloc byte[64];
        var nameLength = SocketNames.Write(to, port, place.Device, name);
        var controlLength = ControlMessages.Write(place, control);
        fixed (byte* bytes = packet, names = name, controls = control)
        {
            var part = new NativeMethods.BufferPart { Start = bytes, Length = (nuint)packet.Length };
            var message = new NativeMethods.Message { Name = names, NameLength = (uint)nameLength, Parts = &part, PartCount = 1, Control = controls, ControlLength = (nuint)controlLength };
            // Who waits for it takes it for lost on the way, which it is.
            _ = NativeMethods.SendMessage(socket.SafeHandle, &message, NativeMethods.DontWait);
        }
    }

    /// <summary>Has <paramref name="visit"/> called with each packet, on the thread that reads, until this is disposed.</summary>
    public void Receive(DatagramVisitor visit) => reading = thread.Watch(socket.SafeHandle, () =>
    {
        try
        {
            TakeOne(visit);
        }
        catch (ObjectDisposedException) when (isClosed)
        {
            // By another thread, meanwhile: nobody wants what came.
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        isClosed = true;
        if (reading is { } key)
        {
            thread.Forget(key);
        }
        socket.Dispose();
    }

    /// <summary>Takes out a packet or, where the device went down or away, the error that says so: nothing comes then until the owner opens another socket.</summary>
    private unsafe void TakeOne(DatagramVisitor visit)
    {
        Span<byte> name = stackalloc byte[SocketNames.MostBytes];
        Span<byte> control = stackalloc byte[ControlMessages.MostBytes];
        fixed (byte* bytes = buffer, names = name, controls = control)
        {
            var part = new NativeMethods.BufferPart { Start = bytes, Length = (nuint)buffer.Length };
            var message = new NativeMethods.Message { Name = names, NameLength = (uint)name.Length, Parts = &part, PartCount = 1, Control = controls, ControlLength = (nuint)control.Length };
            var count = NativeMethods.ReceiveMessage(socket.SafeHandle, &message, NativeMethods.DontWait);
            if (count >= 0 && (message.Flags & NativeMethods.Truncated) == 0 && SocketNames.TryRead(name[..(int)Math.Min(message.NameLength, (uint)name.Length)], out var from, out var port))
            {
                ControlMessages.Read(control[..(int)message.ControlLength], out var arrivedAt, out var place, out var ttl);
                var (at, ticks) = Arrival(arrivedAt);
                visit(new(buffer.AsSpan(0, (int)count)) { From = from, FromPort = port, ArrivedAt = at, ArrivedTicks = ticks, Place = place, Ttl = ttl });
            }
        }
    }

    /// <summary>The arrival by both clocks: the kernel tells the wall clock's only, and how long ago that was is the same by the other.</summary>
    private (DateTimeOffset At, long Ticks) Arrival(DateTimeOffset? told)
    {
        var (now, ticks) = (thread.GetUtcNow(), thread.GetTimestamp());
        return told is { } at && now - at is var waited && waited >= TimeSpan.Zero && waited < LongestWait
            ? (at, ticks - (long)(waited.TotalSeconds * thread.TimestampFrequency))
            : (now, ticks);
    }

    private void Set(Action set)
    {
        try
        {
            set();
        }
        catch
        {
            // Not ours to keep: the caller gets the reason.
            socket.Dispose();
            throw;
        }
    }
}
