using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Routing;

/// <summary>Reads and changes links, addresses, routes and rules of one network namespace (rtnetlink, rtnetlink(7)). One caller at a time.</summary>
public sealed class RoutingSocket : IDisposable
{
    private readonly NetlinkSocket socket = new(NetlinkProtocol.Route);
    private readonly NetlinkWriter writer = new();

    /// <summary>Opens a socket in the thread's network namespace; throws <see cref="NetlinkException"/>.</summary>
    public RoutingSocket() => socket.CheckStrictly();

    /// <summary>All devices, in order of index.</summary>
    public IReadOnlyList<Link> Links()
    {
        writer.Clear();
        writer.BeginMessage(18, NetlinkFlags.Request | NetlinkFlags.Dump);
        writer.Raw(stackalloc byte[16]);
        writer.EndMessage();
        return Dump("read the links", RoutingMessages.ReadLink).OrderBy(link => link.Index).ToList();
    }

    /// <summary>
    /// The counters of these devices, in one exchange with the kernel however many they are; a device that is gone is left out. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="links">Indexes of devices, each from 1.</param>
    public IReadOnlyList<InterfaceStatistics> Statistics(IReadOnlyCollection<int> links)
    {
        writer.Clear();
        foreach (var link in links)
        {
            StatisticsMessages.Write(writer, link);
        }
        var found = new List<InterfaceStatistics>(links.Count);
        var refused = socket.TryRequest(writer.Written, message =>
        {
            if (StatisticsMessages.Read(message) is { } one)
            {
                found.Add(one);
            }
        });
        foreach (var (_, error, detail) in refused)
        {
            if (error != NetlinkException.NoDevice)
            {
                throw new NetlinkException("read the counters of devices", error, detail);
            }
        }
        return found;
    }

    /// <summary>All addresses of both families.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses()
    {
        writer.Clear();
        writer.BeginMessage(22, NetlinkFlags.Request | NetlinkFlags.Dump);
        writer.Raw(stackalloc byte[8]);
        writer.EndMessage();
        return Dump("read the addresses", RoutingMessages.ReadAddress);
    }

    /// <summary>Routes of a family; with several next hops one a hop.</summary>
    /// <param name="family">The family.</param>
    /// <param name="table">Only of this table; null: of all but the local one.</param>
    public IReadOnlyList<Route> Routes(IpFamily family, uint? table = null)
    {
        writer.Clear();
        writer.BeginMessage(26, NetlinkFlags.Request | NetlinkFlags.Dump);
        writer.Raw([RoutingMessages.Number(family), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        if (table is { } only)
        {
            writer.U32(15, only);
        }
        writer.EndMessage();
        try
        {
            var routes = new List<Route>();
            socket.Dump(writer.Written, $"read the routes of {family}", routes.Clear, message => RoutingMessages.ReadRoutes(message, routes));
            return routes.Where(route => route.Table != 255 && (table is null || route.Table == table)).ToList();
        }
        catch (NetlinkException absent) when (table is not null && absent.Error == NetlinkException.NoEntry)
        {
            // A table that nobody has put a route into does not exist.
            return [];
        }
    }

    /// <summary>All rules of a family, in order of priority.</summary>
    public IReadOnlyList<RoutingRule> Rules(IpFamily family)
    {
        writer.Clear();
        writer.BeginMessage(34, NetlinkFlags.Request | NetlinkFlags.Dump);
        writer.Raw([RoutingMessages.Number(family), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.EndMessage();
        return Dump($"read the rules of {family}", RoutingMessages.ReadRule).OrderBy(rule => rule.Priority).ToList();
    }

    /// <summary>Sets a link up.</summary>
    public void SetUp(int link)
    {
        const int Up = 1;
        writer.Clear();
        writer.BeginMessage(RoutingMessages.NewLink, NetlinkFlags.Request | NetlinkFlags.Ack);
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], link);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Up);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], Up);
        writer.Raw(header);
        writer.EndMessage();
        socket.Request(writer.Written, $"set link {link} up");
    }

    /// <summary>Adds a route, or takes the place of the one with the same destination, table and metric.</summary>
    public void Replace(Route route) => Send(route, 24, NetlinkFlags.Create | NetlinkFlags.Replace, $"set the route {route}");

    /// <summary>Removes a route; one that is not there is fine.</summary>
    public void Delete(Route route)
    {
        try
        {
            Send(route, 25, NetlinkFlags.None, $"remove the route {route}");
        }
        catch (NetlinkException absent) when (absent.Error is NetlinkException.NoProcess or NetlinkException.NoEntry or NetlinkException.NoDevice)
        {
            // Gone by itself, with its device most likely.
        }
    }

    /// <summary>Adds a rule; one that is there already is fine.</summary>
    public void Add(RoutingRule rule)
    {
        try
        {
            Send(rule, 32, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"add the {rule.Family} routing rule {rule.Priority}");
        }
        catch (NetlinkException present) when (present.Error == NetlinkException.Exists)
        {
            // The same rule, from an earlier life or a step that is repeated.
        }
    }

    /// <summary>Removes a rule; one that is not there is fine.</summary>
    public void Delete(RoutingRule rule)
    {
        try
        {
            Send(rule, 33, NetlinkFlags.None, $"remove the {rule.Family} routing rule {rule.Priority}");
        }
        catch (NetlinkException absent) when (absent.Error == NetlinkException.NoEntry)
        {
            // Another has removed it.
        }
    }

    /// <summary>Asks the kernel which way a packet would take (RTM_GETROUTE); throws <see cref="NetlinkException"/> where it takes none.</summary>
    public RouteAnswer Lookup(RouteQuestion question)
    {
        var family = question.Destination.Family;
        writer.Clear();
        writer.BeginMessage(26, NetlinkFlags.Request | NetlinkFlags.Ack);
        var width = (byte)IpAddress.Width(family);
        writer.Raw([RoutingMessages.Number(family), width, (byte)(question.Source is null ? 0 : width), 0, 0, 0, 0, 0]);
        writer.U32(family == IpFamily.V4 ? 0x1000u : 0);
        writer.Attribute(1, question.Destination.ToNetworkOrder());
        if (question.Source is { } source)
        {
            writer.Attribute(2, source.ToNetworkOrder());
        }
        if (question.InputDevice is { } input)
        {
            writer.U32(3, (uint)input);
        }
        if (question.OutputDevice is { } output)
        {
            writer.U32(4, (uint)output);
        }
        if (question.Mark != 0)
        {
            writer.U32(16, question.Mark);
        }
        if (question.User is { } user)
        {
            writer.U32(25, user);
        }
        // The kernel takes no other protocol here.
        if (question.Protocol is 6 or 17 || question.Protocol == (family == IpFamily.V4 ? 1 : 58))
        {
            writer.U8(27, question.Protocol);
        }
        if (question.Protocol is 6 or 17)
        {
            writer.U16Network(28, question.SourcePort);
            writer.U16Network(29, question.DestinationPort);
        }
        writer.EndMessage();
        RouteAnswer? answer = null;
        var refused = socket.TryRequest(writer.Written, message => answer = RoutingMessages.ReadAnswer(message) ?? answer);
        return answer ?? throw new NetlinkException($"route a packet to {question.Destination}", refused.Count > 0 ? refused[0].Error : NetlinkException.NetworkUnreachable, refused.Count > 0 ? refused[0].Detail : null);
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void Send(Route route, ushort type, NetlinkFlags flags, string attempt)
    {
        writer.Clear();
        RoutingMessages.Write(writer, route, type, flags);
        socket.Request(writer.Written, attempt);
    }

    private void Send(RoutingRule rule, ushort type, NetlinkFlags flags, string attempt)
    {
        writer.Clear();
        RoutingMessages.Write(writer, rule, type, flags);
        socket.Request(writer.Written, attempt);
    }

    private delegate T? Reader<T>(NetlinkMessage message);

    private List<T> Dump<T>(string attempt, Reader<T> read)
        where T : class
    {
        var found = new List<T>();
        socket.Dump(writer.Written, attempt, found.Clear, message =>
        {
            if (read(message) is { } one)
            {
                found.Add(one);
            }
        });
        return found;
    }
}
