using System.Buffers.Binary;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// The strict reverse-path filter (RFC 3704) drops answers to steered flows, since the way back by the main table is another one. Read and set through rtnetlink,
/// so that it is that of the socket's network namespace, whoever calls.
/// </summary>
internal sealed class ReversePathFilter : IDisposable
{
    private const int All = -1;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.Route);
    private readonly NetlinkWriter writer = new();

    /// <summary>Whether the device's effective filter (the higher of its own and that of all) is strict.</summary>
    public bool IsStrict(int device) => Math.Max(Own(device), Own(All)) == 1;

    /// <summary>The device's own value: 0 off, 1 strict, 2 loose (RTM_GETNETCONF).</summary>
    public int Own(int device)
    {
        var value = 0;
        writer.Clear();
        writer.BeginMessage(82, NetlinkFlags.Request | NetlinkFlags.Ack);
        writer.Raw([2, 0, 0, 0]);
        writer.U32(1, unchecked((uint)device));
        writer.EndMessage();
        socket.TryRequest(writer.Written, message =>
        {
            foreach (var attribute in message.Attributes(4))
            {
                value = attribute.Type == 3 ? (int)attribute.U32 : value;
            }
        });
        return value;
    }

    /// <summary>Sets the device's own value (RTM_SETLINK with IFLA_INET_CONF); a device that is gone is fine.</summary>
    public void Set(int device, int value)
    {
        Span<byte> header = stackalloc byte[16];
        header.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], device);
        writer.Clear();
        writer.BeginMessage(19, NetlinkFlags.Request | NetlinkFlags.Ack);
        writer.Raw(header);
        var families = writer.BeginNested(26);
        var inet = writer.BeginNested(2);
        var values = writer.BeginNested(1);
        writer.U32(8, (uint)value);
        writer.EndNested(values);
        writer.EndNested(inet);
        writer.EndNested(families);
        writer.EndMessage();
        var refused = socket.TryRequest(writer.Written);
        if (refused.Count > 0 && refused[0].Error != NetlinkException.NoDevice)
        {
            throw new NetlinkException($"set the reverse-path filter of device {device} to {value}", refused[0].Error, refused[0].Detail);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
