using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Paths;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// A node with three uplinks, a host behind it, and the rest of the world:
/// <code>
/// host .2 ---l0 192.168.50.1-- node --w1 10.78.1.1 ... .2 r1-- far   203.0.113.7
///          2001:db8:50::/64     |-----w2 10.78.2.1 ... .2 r2--|      2001:db8:cafe::7
///                               '-----w3 10.78.3.1 ... .2 r3--'      counts what comes in by each link
/// </code>
/// The system's default is w1, then w2, then w3.
/// </summary>
internal sealed class World : IDisposable
{
    public static readonly IPAddress Server4 = IPAddress.Parse("203.0.113.7"), Server6 = IPAddress.Parse("2001:db8:cafe::7");

    private static int count;

    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"d{Environment.ProcessId}x{Interlocked.Increment(ref count)}");
    private readonly List<IDisposable> opened = [];
    private readonly List<string> made = [];

    private readonly bool hasDefaults;

    public World(bool hasDefaults = true)
    {
        this.hasDefaults = hasDefaults;
        foreach (var name in new[] { NodeName, FarName, HostName })
        {
            Shell("ip", "netns", "add", name);
            made.Add(name);
            Shell("ip", "-n", name, "link", "set", "lo", "up");
            Shell("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0");
        }
        Link(HostName, "h0", NodeName, "l0");
        Ip(HostName, "addr add 192.168.50.2/24 dev h0; -6 addr add 2001:db8:50::2/64 dev h0 nodad; route add default via 192.168.50.1; -6 route add default via 2001:db8:50::1", "l0");
        for (var n = 1; n <= 3; n++)
        {
            Plug(n);
        }
        Ip(NodeName, "addr add 192.168.50.1/24 dev l0; -6 addr add 2001:db8:50::1/64 dev l0 nodad");
        Ip(HostName, "route replace default via 192.168.50.1; -6 route replace default via 2001:db8:50::1");
        Ip(FarName, "addr add 203.0.113.7/32 dev lo; -6 addr add 2001:db8:cafe::7/128 dev lo nodad; route add 192.168.50.0/24 via 10.78.1.1; -6 route add 2001:db8:50::/64 via 2001:db8:1::1");
        In(FarName, "nft", "table inet seen {\nchain pre {\ntype filter hook prerouting priority -300\n"
            + string.Join('\n', Enumerable.Range(1, 3).Select(n => $"iifname r{n} meta nfproto ipv4 ip daddr 203.0.113.7 counter\niifname r{n} meta nfproto ipv6 ip6 daddr 2001:db8:cafe::7 counter")) + "\n}\n}");
        Node = Opened(NetworkNamespace.Open(NodeName));
        Far = Opened(NetworkNamespace.Open(FarName));
        Host = Opened(NetworkNamespace.Open(HostName));
        Installer = NewInstaller();
    }

    public NetworkNamespace Node { get; }

    public NetworkNamespace Far { get; }

    public NetworkNamespace Host { get; }

    public FilterRuleInstaller Installer { get; set; }

    public EncoderOptions Options { get; set; } = EncoderOptions.Default with { ForwardFrom = ["l0"], Masquerade = true };

    public EncoderMemory Memory { get; set; } = EncoderMemory.Empty;

    public string NodeName => prefix + "n";

    public string FarName => prefix + "f";

    public string HostName => prefix + "h";

    public static IPAddress Server(IpFamily family) => family == IpFamily.V4 ? Server4 : Server6;

    public static PathId Id(int n) => new("ip", $"w{n}");

    public static string Address(IpFamily family, int n) => family == IpFamily.V4 ? $"10.78.{n}.1" : $"2001:db8:{n}::1";

    public FilterRuleInstaller NewInstaller(Action<int>? faultPoint = null) => Opened(Node.Run(() => new FilterRuleInstaller(Territory.Default, TimeProvider.System, faultPoint)));

    /// <summary>Makes the uplink of that number, with addresses and, where the world has them, default routes.</summary>
    public void Plug(int n)
    {
        Link(NodeName, $"w{n}", FarName, $"r{n}");
        Ip(NodeName, $"addr add 10.78.{n}.1/24 dev w{n}; -6 addr add 2001:db8:{n}::1/64 dev w{n} nodad");
        Ip(FarName, $"addr add 10.78.{n}.2/24 dev r{n}; -6 addr add 2001:db8:{n}::2/64 dev r{n} nodad");
        if (hasDefaults)
        {
            Ip(NodeName, $"route add default via 10.78.{n}.2 dev w{n} metric {100 * n}; -6 route add default via 2001:db8:{n}::2 dev w{n} metric {100 * n}");
        }
    }

    /// <summary>Takes the device of that uplink away.</summary>
    public void Unplug(int n) => Ip(NodeName, $"link del w{n}");

    /// <summary>As <see cref="Unplug"/>; false where it is not there.</summary>
    public bool TryUnplug(int n)
    {
        try
        {
            Unplug(n);
            return true;
        }
        catch (InvalidOperationException)
        {
            // No such device.
            return false;
        }
    }

    /// <summary>How many uplinks are looked at.</summary>
    public int Uplinks { get; set; } = 3;

    /// <summary>The paths, as they are.</summary>
    public PathSet Paths(params int[] without) => new(Enumerable.Range(1, Uplinks).Where(n => !without.Contains(n)).Select(n => new Path
    {
        Id = Id(n),
        Name = $"w{n}",
        Device = $"w{n}",
        DeviceIndex = int.Parse(In(NodeName, "cat", $"/sys/class/net/w{n}/ifindex"), CultureInfo.InvariantCulture),
        Halves =
        [
            Half(IpFamily.V4, n, $"10.78.{n}.2", $"10.78.{n}.0", 24),
            Half(IpFamily.V6, n, $"2001:db8:{n}::2", $"2001:db8:{n}::", 64),
        ],
    }));

    private PathHalf Half(IpFamily family, int n, string gateway, string network, int length) => new()
    {
        Family = family,
        Locators = [IpAddress.Parse(Address(family, n))],
        Connected = [new IpPrefix(IpAddress.Parse(network), length)],
        Gateway = IpAddress.Parse(gateway),
        Metric = hasDefaults ? (uint)(100 * n) : uint.MaxValue,
    };

    public EncodedRuleSet Encode(FilterRuleSet rules, PathSet? paths = null) => NftablesEncoder.Encode(rules, paths ?? Paths(), Territory.Default, Options, Memory);

    public InstallReport Apply(FilterRuleSet rules, PathSet? paths = null)
    {
        var encoded = Encode(rules, paths);
        var report = Installer.Apply(encoded);
        Memory = encoded.Memory;
        return report;
    }

    /// <summary>Opens a UDP socket in a namespace.</summary>
    public Socket Udp(NetworkNamespace where, IpFamily family, string? address = null, int port = 0)
    {
        var socket = where.Run(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(address is null ? Any(family) : IPAddress.Parse(address), port));
        socket.ReceiveTimeout = 2000;
        return Opened(socket);
    }

    public Socket Tcp(NetworkNamespace where, IpFamily family) =>
        Opened(where.Run(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 3000, SendTimeout = 3000 }));

    /// <summary>A TCP server in the far side.</summary>
    public Socket Listen(IpFamily family, int port, NetworkNamespace? where = null)
    {
        var socket = Tcp(where ?? Far, family);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(Any(family), port));
        socket.Listen(100);
        return socket;
    }

    /// <summary>Connects to the server in the far side and gives both ends.</summary>
    public (Socket Client, Socket Accepted) Connect(NetworkNamespace from, IpFamily family, Socket listener)
    {
        var client = Tcp(from, family);
        client.Connect(new IPEndPoint(Server(family), ((IPEndPoint)listener.LocalEndPoint!).Port));
        var accepted = Opened(listener.Accept());
        accepted.ReceiveTimeout = 2000;
        return (client, accepted);
    }

    /// <summary>From which address the other end sees a connection.</summary>
    public static string From(Socket accepted) => ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();

    /// <summary>Whether a byte sent by one arrives at the other.</summary>
    public static bool Passes(Socket sender, Socket receiver)
    {
        try
        {
            sender.Send([7]);
            return receiver.Receive(new byte[10]) > 0;
        }
        catch (SocketException)
        {
            // Reset, refused, or nothing came in time.
            return false;
        }
    }

    /// <summary>Whether the connection ends within the time given, seen from one end.</summary>
    public static bool Ends(Socket one, int milliseconds = 2000)
    {
        try
        {
            return one.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead) && one.Receive(new byte[10]) == 0;
        }
        catch (SocketException)
        {
            // Reset or aborted.
            return true;
        }
    }

    /// <summary>Sends one datagram to the server and gives the address that it came from; null where it did not come.</summary>
    public static string? Ask(Socket client, Socket server, IpFamily family, int milliseconds = 1000)
    {
        try
        {
            client.SendTo([1], new IPEndPoint(Server(family), ((IPEndPoint)server.LocalEndPoint!).Port));
        }
        catch (SocketException)
        {
            // Refused by the kernel: it did not come.
            return null;
        }
        return Heard(server, family, milliseconds)?.Address.ToString();
    }

    public static IPEndPoint? Heard(Socket server, IpFamily family, int milliseconds = 1000)
    {
        if (!server.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead))
        {
            return null;
        }
        EndPoint from = new IPEndPoint(Any(family), 0);
        server.ReceiveFrom(new byte[2048], ref from);
        return (IPEndPoint)from;
    }

    /// <summary>Packets to the server that came in by each link, of both families.</summary>
    public int[] Seen()
    {
        var counts = In(FarName, "nft", "list table inet seen").Split('\n').Where(line => line.Contains("counter packets", StringComparison.Ordinal))
            .Select(line => (Link: line[line.IndexOf("\"r", StringComparison.Ordinal) + 2] - '1', Packets: int.Parse(line.Split("packets ")[1].Split(' ')[0], CultureInfo.InvariantCulture)));
        var seen = new int[3];
        foreach (var (link, packets) in counts)
        {
            seen[link] += packets;
        }
        return seen;
    }

    public static IPAddress Any(IpFamily family) => family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any;

    public static void Ip(string name, string commands, string? _ = null)
    {
        foreach (var command in commands.Split(';', StringSplitOptions.TrimEntries))
        {
            try
            {
                Shell("ip", ["-n", name, .. command.Split(' ')]);
            }
            catch (InvalidOperationException) when (_ is not null)
            {
                // The other end of the link is not up yet; it is set again.
            }
        }
    }

    public static string In(string name, string program, params string[] arguments) => Shell("ip", ["netns", "exec", name, program, .. arguments]);

    public static string Shell(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}{output}");
    }

    public T Opened<T>(T one)
        where T : IDisposable
    {
        opened.Add(one);
        return one;
    }

    public void Dispose()
    {
        opened.Reverse();
        opened.ForEach(one => one.Dispose());
        made.ForEach(name => Shell("ip", "netns", "del", name));
    }

    private static void Link(string left, string leftName, string right, string rightName)
    {
        Shell("ip", "link", "add", leftName, "netns", left, "type", "veth", "peer", "name", rightName, "netns", right);
        Shell("ip", "-n", left, "link", "set", leftName, "up");
        Shell("ip", "-n", right, "link", "set", rightName, "up");
    }
}
