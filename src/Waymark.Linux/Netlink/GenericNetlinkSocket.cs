namespace Waymark.Linux.Netlink;

/// <summary>
/// A socket to one family of generic netlink (linux/genetlink.h), a part of the kernel that is found by its name. Of a family that is not there, or not yet, as with a device that
/// may be plugged in, there is nothing to read. One caller at a time.
/// </summary>
/// <param name="name">The family's name.</param>
public sealed class GenericNetlinkSocket(string name) : IDisposable
{
    /// <summary>struct genlmsghdr: command, version, two bytes that are reserved.</summary>
    public const int HeaderLength = 4;

    /// <summary>GENL_ID_CTRL, the family that knows the others; CTRL_CMD_GETFAMILY.</summary>
    private const ushort Controller = 16;
    private const byte GetFamily = 3;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.Generic, receiveBuffer: 1 << 20);
    private readonly NetlinkWriter writer = new();
    private ushort? family;

    /// <summary>Asks for everything that a command lists; nothing where the family is not there. Throws <see cref="NetlinkException"/>.</summary>
    /// <param name="command">The family's number for it.</param>
    /// <param name="attempt">What is read, for the exception.</param>
    /// <param name="write">Writes the attributes of the question.</param>
    /// <param name="restart">Called where what was visited counts for nothing.</param>
    /// <param name="visit">Called for each message; its attributes stand behind <see cref="HeaderLength"/> bytes.</param>
    public void Dump(byte command, string attempt, Action<NetlinkWriter> write, Action restart, NetlinkVisitor visit)
    {
        if (Find() is { } number)
        {
            Question(number, command, NetlinkFlags.Dump, write);
            socket.Dump(writer.Written, attempt, restart, visit);
        }
    }

    /// <summary>Asks one question; gives the kernel's refusal as its error number (<see cref="NetlinkException.NoEntry"/> where the family is not there), or null.</summary>
    /// <param name="command">The family's number for it.</param>
    /// <param name="write">Writes the attributes of the question.</param>
    /// <param name="visit">Called for each message of the answer.</param>
    public int? TryAsk(byte command, Action<NetlinkWriter> write, NetlinkVisitor visit)
    {
        if (Find() is not { } number)
        {
            return NetlinkException.NoEntry;
        }
        Question(number, command, NetlinkFlags.Ack, write);
        return socket.TryRequest(writer.Written, visit) is [var refused, ..] ? refused.Error : null;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    /// <summary>
    /// The family's number; null where this kernel has none now. All families are listed instead of asking for the one: to be asked for one, the kernel would load the module that has it, on a machine
    /// that has no use for it.
    /// </summary>
    private ushort? Find()
    {
        if (family is null)
        {
            Question(Controller, GetFamily, NetlinkFlags.Dump, _ => { });
            socket.Dump(writer.Written, "list the families of generic netlink", () => { }, message =>
            {
                var (number, text) = ReadFamily(message);
                family = text == name ? number : family;
            });
        }
        return family;
    }

    private void Question(ushort number, byte command, NetlinkFlags flags, Action<NetlinkWriter> write)
    {
        writer.Clear();
        writer.BeginMessage(number, NetlinkFlags.Request | flags);
        writer.Raw([command, 1, 0, 0]);
        write(writer);
        writer.EndMessage();
    }

    /// <summary>CTRL_ATTR_FAMILY_ID and CTRL_ATTR_FAMILY_NAME.</summary>
    private static (ushort Number, string Name) ReadFamily(NetlinkMessage message)
    {
        (ushort Number, string Name) family = (0, "");
        foreach (var attribute in message.Attributes(HeaderLength))
        {
            family = attribute.Type switch
            {
                1 => family with { Number = attribute.U16 },
                2 => family with { Name = attribute.Text },
                _ => family,
            };
        }
        return family;
    }
}
