using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Waymark.Linux.Netlink;

/// <summary>What a dump or a monitor calls with each message; must not keep it.</summary>
/// <param name="message">The message.</param>
public delegate void NetlinkVisitor(NetlinkMessage message);

/// <summary>
/// A netlink socket of the network namespace of the thread that opened it. Requests are answered on the calling thread; one caller at a time.
/// </summary>
public sealed class NetlinkSocket : IDisposable
{
    private const int EINTR = 4;
    private const int EAGAIN = 11;

    /// <summary>sockaddr_nl: family, padding, port, groups.</summary>
    private const int AddressLength = 12;

    /// <summary>MSG_TRUNC: recv tells the true length of a datagram that did not fit.</summary>
    private const int TellTruncation = 0x20;

    /// <summary>How often a dump that changes interrupt is begun anew; under a storm of changes the caller has to wait for its end.</summary>
    private const int MostDumps = 20;

    private readonly SafeFileHandle socket;
    private readonly byte[] buffer = new byte[256 << 10];
    private uint sequence = 1;

    /// <summary>Opens a socket for <paramref name="protocol"/>. Throws <see cref="NetlinkException"/>.</summary>
    /// <param name="protocol">Which part of the kernel.</param>
    /// <param name="receiveBuffer">Bytes that the kernel keeps for us before it drops (needs CAP_NET_ADMIN above the system's limit).</param>
    public unsafe NetlinkSocket(NetlinkProtocol protocol, int receiveBuffer = 8 << 20)
    {
        var file = NativeMethods.Socket(NativeMethods.NetlinkFamily, NativeMethods.SockRaw | NativeMethods.SockCloseOnExec, (int)protocol);
        socket = new(file, ownsHandle: true);
        if (file < 0)
        {
            throw Failure($"open a netlink socket for {protocol}");
        }
        Option(NativeMethods.NetlinkLevel, 10, 1);
        Option(NativeMethods.NetlinkLevel, 11, 1);
        // Without the right, the system's own limit has to do.
        TryOption(NativeMethods.SocketLevel, NativeMethods.ReceiveBufferForce, receiveBuffer);
        TryOption(NativeMethods.SocketLevel, NativeMethods.SendBufferForce, 8 << 20);
        var address = stackalloc byte[AddressLength];
        BinaryPrimitives.WriteUInt16LittleEndian(new(address, 2), NativeMethods.NetlinkFamily);
        if (NativeMethods.Bind(socket, address, AddressLength) != 0)
        {
            throw Failure($"bind a netlink socket for {protocol}");
        }
    }

    /// <summary>Subscribes to notifications of <paramref name="group"/>. Throws <see cref="NetlinkException"/>.</summary>
    public void Join(uint group) => Option(NativeMethods.NetlinkLevel, 1, (int)group);

    /// <summary>Has dumps filtered in the kernel and requests checked strictly.</summary>
    public void CheckStrictly() => Option(NativeMethods.NetlinkLevel, 12, 1);

    /// <summary>
    /// Sends messages (each begun with sequence 0, numbered here) and waits for an acknowledgement of each that asked for one. Throws <see cref="NetlinkException"/> of
    /// the first that was refused, after all answers have been read.
    /// </summary>
    /// <param name="messages">One message or several, one behind the other.</param>
    /// <param name="attempt">What they do, for the exception.</param>
    public void Request(ReadOnlySpan<byte> messages, string attempt)
    {
        var failures = TryRequest(messages);
        if (failures is { Count: > 0 })
        {
            throw new NetlinkException(attempt, failures[0].Error, failures[0].Detail);
        }
    }

    /// <summary>As <see cref="Request"/>, but gives the refusals: index of the message among those that asked for an acknowledgement, error number, the kernel's text.</summary>
    public IReadOnlyList<(int Index, int Error, string? Detail)> TryRequest(ReadOnlySpan<byte> messages) => TryRequest(messages, null);

    /// <summary>As <see cref="TryRequest(ReadOnlySpan{byte})"/>, and what else comes back goes to <paramref name="visit"/>.</summary>
    public IReadOnlyList<(int Index, int Error, string? Detail)> TryRequest(ReadOnlySpan<byte> messages, NetlinkVisitor? visit)
    {
        var numbered = messages.ToArray();
        var expected = new Dictionary<uint, int>();
        var first = sequence;
        for (var at = 0; at + 16 <= numbered.Length;)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(numbered.AsSpan(at));
            BinaryPrimitives.WriteUInt32LittleEndian(numbered.AsSpan(at + 8), sequence);
            if (((NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(numbered.AsSpan(at + 6)) & NetlinkFlags.Ack) != 0)
            {
                expected.Add(sequence, expected.Count);
            }
            sequence = unchecked(sequence + 1);
            at += (size + 3) & ~3;
        }
        Send(numbered);
        // Answers to earlier requests that failed halfway may still be under way; numbers wrap.
        var sent = unchecked(sequence - first);
        List<(int, int, string?)> failures = [];
        while (expected.Count > 0)
        {
            var bytes = Receive();
            while (NetlinkMessage.TryRead(ref bytes, out var message))
            {
                if (unchecked(message.Sequence - first) >= sent)
                {
                    continue;
                }
                if (message.Type != NetlinkMessage.ErrorType)
                {
                    visit?.Invoke(message);
                    continue;
                }
                var (error, detail) = ReadError(message);
                var known = expected.Remove(message.Sequence, out var index);
                if (error != 0)
                {
                    failures.Add((known ? index : -1, error, detail));
                    // A batch that is refused as a whole answers with the sequence of its first message only.
                    if (!known)
                    {
                        return failures;
                    }
                }
            }
        }
        return failures;
    }

    /// <summary>
    /// Sends a request for a dump and calls <paramref name="visit"/> with each message of the answer; begins again where a change interrupted it. Throws
    /// <see cref="NetlinkException"/>, with <see cref="NetlinkException.Interrupted"/> where the changes did not end.
    /// </summary>
    /// <param name="request">One message with <see cref="NetlinkFlags.Dump"/>.</param>
    /// <param name="attempt">What is read, for the exception.</param>
    /// <param name="restart">Called before each further attempt: what was visited counts for nothing.</param>
    /// <param name="visit">Called for each message.</param>
    public void Dump(ReadOnlySpan<byte> request, string attempt, Action restart, NetlinkVisitor visit)
    {
        for (var round = 0; ; round++)
        {
            var numbered = request.ToArray();
            var mine = sequence;
            sequence = unchecked(sequence + 1);
            BinaryPrimitives.WriteUInt32LittleEndian(numbered.AsSpan(8), mine);
            Send(numbered);
            if (ReadDump(mine, attempt, visit))
            {
                return;
            }
            if (round >= MostDumps)
            {
                throw new NetlinkException(attempt, NetlinkException.Interrupted, "changes interrupted it again and again");
            }
            restart();
        }
    }

    /// <summary>
    /// Waits for notifications and calls <paramref name="visit"/> with each. False where messages were lost (ENOBUFS): whoever keeps state has to read all of it again.
    /// </summary>
    /// <param name="timeout">At most this long; null: until something comes.</param>
    /// <param name="wake">Ends the wait early; true is returned.</param>
    /// <param name="visit">Called for each message.</param>
    public unsafe bool Wait(TimeSpan? timeout, WakeSignal wake, NetlinkVisitor visit)
    {
        var entries = stackalloc NativeMethods.PollEntry[2];
        entries[0] = new() { File = socket.DangerousGetHandle().ToInt32(), Events = 1 };
        entries[1] = new() { File = wake.File.DangerousGetHandle().ToInt32(), Events = 1 };
        if (NativeMethods.Poll(entries, 2, timeout is { } time ? (int)Math.Ceiling(time.TotalMilliseconds) : -1) <= 0 || entries[0].Returned == 0)
        {
            return true;
        }
        try
        {
            var bytes = Receive();
            while (NetlinkMessage.TryRead(ref bytes, out var message))
            {
                visit(message);
            }
            return true;
        }
        catch (NetlinkException lost) when (lost.Error == NetlinkException.NoBuffers)
        {
            // The kernel had no room for messages; the caller re-reads.
            return false;
        }
    }

    /// <summary>Sends raw messages without waiting for anything. Throws <see cref="NetlinkException"/>.</summary>
    public unsafe void Send(ReadOnlySpan<byte> messages)
    {
        fixed (byte* start = messages)
        {
            while (NativeMethods.Send(socket, start, (nuint)messages.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != EINTR)
                {
                    throw Failure("take a netlink message");
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private bool ReadDump(uint mine, string attempt, NetlinkVisitor visit)
    {
        var whole = true;
        while (true)
        {
            var bytes = Receive();
            while (NetlinkMessage.TryRead(ref bytes, out var message))
            {
                if (message.Sequence != mine)
                {
                    continue;
                }
                whole &= (message.Flags & NetlinkFlags.DumpInterrupted) == 0;
                switch (message.Type)
                {
                    case NetlinkMessage.DoneType:
                        var result = message.Body.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(message.Body) : 0;
                        return result >= 0 ? whole : throw new NetlinkException(attempt, -result);
                    case NetlinkMessage.ErrorType:
                        var (error, detail) = ReadError(message);
                        throw new NetlinkException(attempt, error, detail);
                    default:
                        visit(message);
                        break;
                }
            }
        }
    }

    private static (int Error, string? Detail) ReadError(NetlinkMessage message)
    {
        if (message.Body.Length < 4)
        {
            return (NetlinkException.Invalid, null);
        }
        var error = -BinaryPrimitives.ReadInt32LittleEndian(message.Body);
        if ((message.Flags & NetlinkFlags.HasDetail) == 0 || message.Body.Length < 20)
        {
            return (error, null);
        }
        // Behind the number stands the header of the refused message, and all of it unless the kernel capped it.
        var length = (message.Flags & NetlinkFlags.Capped) != 0 ? 16 : BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]);
        if (length < 16 || 4 + length > message.Body.Length)
        {
            return (error, null);
        }
        string? text = null;
        uint? offset = null;
        foreach (var attribute in new NetlinkAttributes(message.Body[(4 + ((length + 3) & ~3))..]))
        {
            switch (attribute.Type)
            {
                case 1:
                    text = attribute.Text;
                    break;
                case 2:
                    offset = attribute.U32;
                    break;
            }
        }
        return (error, (text, offset) switch
        {
            (null, null) => null,
            (null, _) => $"at offset {offset}",
            (_, null) => text,
            _ => $"{text}, at offset {offset}",
        });
    }

    private unsafe ReadOnlySpan<byte> Receive()
    {
        var sender = stackalloc byte[AddressLength];
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var length = (uint)AddressLength;
                var count = NativeMethods.ReceiveFrom(socket, start, (nuint)buffer.Length, TellTruncation, sender, &length);
                if (count < 0)
                {
                    if (Marshal.GetLastPInvokeError() is not (EINTR or EAGAIN))
                    {
                        throw Failure("answer a netlink message");
                    }
                    continue;
                }
                // Another process may write to our port; only port 0 is the kernel.
                if (BinaryPrimitives.ReadUInt32LittleEndian(new(sender + 4, 4)) != 0)
                {
                    continue;
                }
                return count <= buffer.Length
                    ? buffer.AsSpan(0, (int)count)
                    : throw new NetlinkException("answer in one piece", NetlinkException.TooLong, $"{count} bytes, of which {buffer.Length} fit");
            }
        }
    }

    private void Option(int level, int name, int value)
    {
        if (!TryOption(level, name, value))
        {
            throw Failure($"set netlink option {name} to {value}");
        }
    }

    private unsafe bool TryOption(int level, int name, int value) => NativeMethods.SetOption(socket, level, name, (byte*)&value, sizeof(int)) == 0;

    private static NetlinkException Failure(string attempt) => new(attempt, Marshal.GetLastPInvokeError());
}

/// <summary>Which part of the kernel a netlink socket speaks to.</summary>
public enum NetlinkProtocol
{
    /// <summary>Links, addresses, routes, rules.</summary>
    Route = 0,

    /// <summary>Sockets of other processes.</summary>
    SocketDiagnostics = 4,

    /// <summary>nf_tables and connection tracking.</summary>
    Netfilter = 12,

    /// <summary>Everything that has no number of its own, by the name of its family.</summary>
    Generic = 16,
}
