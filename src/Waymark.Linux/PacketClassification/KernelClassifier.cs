using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;

namespace Waymark.Linux.PacketClassification;

/// <summary>
/// Which of ordered selectors decides a packet, asked of the running kernel: in a network namespace of its own, where nobody hears it, each packet is really sent, and the mark of the connection that it begins is read and
/// forgotten. The chains and maps are those that the data plane has for the same selectors. For one caller at a time.
/// </summary>
public sealed class KernelClassifier : IDisposable
{
    /// <summary>The table of routes that the system asks where nothing else was said (RT_TABLE_MAIN).</summary>
    private const uint MainTable = 254;

    /// <summary>The loopback device is the first of each namespace.</summary>
    private const int Loopback = 1;

    private readonly CompiledClassification compiled;
    private readonly NetworkNamespace @namespace;
    private readonly ConnectionTracking connections;
    private readonly Dictionary<IpFamily, Socket> senders;

    private KernelClassifier(IReadOnlyList<FlowSelector> selectors)
    {
        compiled = CompiledClassification.Of([.. selectors.Select(WithoutSocket)]);
        @namespace = NetworkNamespace.Create();
        (connections, senders) = @namespace.Run(Prepare);
    }

    /// <summary>The selectors that cannot be matched, wholly or in part, and why, a sentence each.</summary>
    public EquatableArray<(int Selector, string Reason)> Refused => compiled.Refused;

    /// <summary>
    /// Makes the namespace and has the kernel hold the selectors, in order of precedence. Throws <see cref="NetlinkException"/>, with <see cref="NetlinkException.NotPermitted"/> where the user may make no network namespace, or not all that it takes
    /// in one.
    /// </summary>
    public static KernelClassifier Of(IReadOnlyList<FlowSelector> selectors) => new(selectors);

    /// <summary>
    /// The place of the selector that decides the packet, as the first of a flow that this host begins, from 0; -1 where none does. Null where the kernel does not send such a packet, or does not track it. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="noAnswer">Why there is no answer; empty where there is one.</param>
    public int? Find(Packet packet, out string noAnswer)
    {
        noAnswer = "";
        if (packet.Family == IpFamily.V4 && packet.Local.Bits == 0)
        {
            noAnswer = "the kernel gives a packet from 0.0.0.0 an address on its way";
        }
        else if (RawPacket.Send(senders[packet.Family], packet, RawPacket.Bytes(packet, RawPacket.Echo, [])) is { } refusal)
        {
            noAnswer = refusal.SocketErrorCode == SocketError.AccessDenied
                ? $"connection tracking knows no connection of protocol {packet.Protocol} that begins so in {packet.Family.Word}"
                : $"the kernel does not send it: {refusal.Message}";
        }
        else if (connections.Take(packet) is { } mark)
        {
            return CompiledClassification.SelectorOf(mark);
        }
        else
        {
            noAnswer = $"the kernel does not track it under protocol {packet.Protocol}";
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var sender in senders.Values)
        {
            sender.Dispose();
        }
        connections.Dispose();
        @namespace.Dispose();
    }

    /// <summary>A packet that is told by its header alone has no user; the socket that it is sent by here has one, which nobody shall ask for.</summary>
    private static FlowSelector WithoutSocket(FlowSelector selector) => new(selector.Boxes
        .Where(box => box.User?.Contains(FlowBox.AbsentWord) != false && box.Group?.Contains(FlowBox.AbsentWord) != false)
        .Select(box => box with { User = null, Group = null }).ToEquatableArray());

    private (ConnectionTracking Connections, Dictionary<IpFamily, Socket> Senders) Prepare()
    {
        using (var routing = new RoutingSocket())
        {
            routing.SetUp(Loopback);
            foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
            {
                // The kernel sends no IPv6 packet to this device that is not for itself.
                routing.Replace(new() { Table = MainTable, Type = family == IpFamily.V4 ? RouteType.Unicast : RouteType.Local, Destination = new(new(family, 0), 0), LinkIndex = Loopback });
            }
        }
        using (var nftables = new NftablesSocket())
        {
            // In the place of the data plane's own hooks, which send what is not steered past the classification.
            var ask = new NftablesChain("asked", new("filter", 3, 0), [Instructions.Rule(Instructions.WithoutConnection, Instructions.Then(NftablesVerdict.Drop)), Instructions.Rule(Instructions.Jump(FlowSide.Local.ChainName()))]);
            // Nobody answers.
            var deaf = new NftablesChain("deaf", new("filter", 0, -400), [Instructions.Rule(Instructions.Then(NftablesVerdict.Drop))]);
            var table = compiled.Table with { Chains = [.. compiled.Table.Chains.Where(chain => chain.Hook is null), ask, deaf] };
            TableLoading.Load(nftables, table, TimeProvider.System.GetUtcNow());
        }
        return (new(), new() { [IpFamily.V4] = Sender(IpFamily.V4), [IpFamily.V6] = Sender(IpFamily.V6) });
    }

    private static Socket Sender(IpFamily family)
    {
        try
        {
            var socket = RawPacket.Open(family);
            socket.EnableBroadcast = true;
            return socket;
        }
        catch (SocketException refusal)
        {
            // A container's root may have the right to make namespaces (CAP_SYS_ADMIN) and not this one (CAP_NET_RAW).
            throw new NetlinkException("open a raw socket", refusal.SocketErrorCode == SocketError.AccessDenied ? NetlinkException.NotPermitted : refusal.NativeErrorCode);
        }
    }
}
