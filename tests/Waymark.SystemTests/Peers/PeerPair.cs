using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Lab;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;
using Waymark.Linux.Netlink;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Peers;

/// <summary>
/// Two nodes with the built daemon on each, joined by two tunnels and by the network that these would go over, which here carries what the nodes have to say to each other:
/// <code>
/// hub 10.1.0.1      t1 10.3.1.1 --- tun1 --- 10.3.1.2 t1  spoke 10.2.0.1
///     2001:db8:1::1 t2 10.3.2.1 --- tun2 --- 10.3.2.2 t2        2001:db8:2::1
///                   u0 192.0.2.1 ----------- 192.0.2.2 u0       counts what comes in by each tunnel
/// </code>
/// The spoke calls the hub.
/// </summary>
internal sealed class PeerPair : IAsyncDisposable
{
    public const int Port = 7443;

    private static int count;

    private readonly NetworkLab lab;
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private readonly Dictionary<string, Process> daemons = [];
    private readonly List<IDisposable> opened = [];

    private PeerPair(NetworkLab lab)
    {
        this.lab = lab;
        (Hub, Spoke) = (Opened(lab.Namespace("hub")), Opened(lab.Namespace("spoke")));
    }

    public NetworkNamespace Hub { get; }

    public NetworkNamespace Spoke { get; }

    /// <summary>What the tunnel of that number does on the way from the hub to the spoke.</summary>
    public LinkShape this[int tunnel]
    {
        get => lab.Find($"tun{tunnel}").Up;
        set => lab.Find($"tun{tunnel}").Up = value;
    }

    /// <summary>Builds the network, certificates and node files; nobody runs yet.</summary>
    public static async Task<PeerPair> StartAsync(CancellationToken cancellationToken)
    {
        LabLink Tunnel(int n) => new(new("hub", $"t{n}", [$"10.3.{n}.1/24", $"2001:db8:3{n}::1/64"]), new("spoke", $"t{n}", [$"10.3.{n}.2/24", $"2001:db8:3{n}::2/64"])) { Name = $"tun{n}" };
        LabNode Node(string name, int own, int other) => new(name)
        {
            Addresses = [$"10.{own}.0.1/32", $"2001:db8:{own}::1/128"],
            Routes = [$"default via 192.0.2.{other}", $"default via 2001:db8:9::{other}"],
        };
        var topology = new Topology("pair", [Node("hub", 1, 2), Node("spoke", 2, 1)],
            [Tunnel(1), Tunnel(2), new(new("hub", "u0", ["192.0.2.1/24", "2001:db8:9::1/64"]), new("spoke", "u0", ["192.0.2.2/24", "2001:db8:9::2/64"]))]);
        var prefix = string.Create(CultureInfo.InvariantCulture, $"p{Environment.ProcessId}x{Interlocked.Increment(ref count)}");
        var pair = new PeerPair(await NetworkLab.StartAsync(topology, seed: 1, cancellationToken, prefix));
        pair.Prepare();
        return pair;
    }

    public string In(string name) => System.IO.Path.Combine(folder, name);

    public void Write(string name, string text) => System.IO.File.WriteAllText(In(name), text);

    public string Logged(string node) => System.IO.File.Exists(In($"{node}.log")) ? System.IO.File.ReadAllText(In($"{node}.log")) : "";

    public string Pki(string arguments) => Shell.Run($"{DaemonProcess.Program("waymark")} pki {arguments} -d {In("pki")}");

    /// <summary>Writes a node file: how it stands to the other, and what else a test wants in it.</summary>
    /// <param name="node">Of which.</param>
    /// <param name="peer">In the block of the other.</param>
    /// <param name="more">Beside it.</param>
    /// <param name="hasTunnels">Whether the tunnels are declared as shared.</param>
    public void Declare(string node, string peer = "", string more = "", bool hasTunnels = true)
    {
        var (other, number, there) = node == "hub" ? ("spoke", 2, 2) : ("hub", 1, 1);
        string Path(int n) => $$"""
            path {{node}}{{n}} { interface t{{n}}; gateway 10.3.{{n}}.{{there}}, 2001:db8:3{{n}}::{{there}}; medium tunnel; {{(hasTunnels ? $"peer {other}; shared {n};" : "")}} }
            probe {{node}}{{n}} { icmp 10.3.{{n}}.{{there}}, 2001:db8:3{{n}}::{{there}}; every 50 ms; }
            """;
        Write($"{node}.way", $$"""
            node "{{node}}";
            listen { address [::]; certificate "{{In(node)}}.example.net.pem"; key "{{In(node)}}.example.net.key"; authority "{{In("pki")}}/ca.pem"; crl "{{In("pki")}}/crl.pem"; }
            peer {{other}} { certificate "{{other}}.example.net"; prefix 10.{{number}}.0.0/16, 2001:db8:{{number}}::/48; {{(node == "spoke" ? "address 192.0.2.1;" : "")}} {{peer}} }
            {{Path(1)}}
            {{Path(2)}}
            probe default { none; }
            hold-down { penalty 0; }
            {{more}}
            """);
    }

    /// <summary>Starts the daemon of a node and waits until it enforces what it has decided.</summary>
    public void Start(string node)
    {
        daemons[node] = Process.Start(lab.Command(node, "/bin/sh", "-c",
            $"exec {DaemonProcess.Program("waymarkd")} --node-file {In(node)}.way --policy-directory {In(node)}.d --state-directory {In(node)}.state --socket {In(node)}.sock >> {In(node)}.log 2>&1"))!;
        Assert.True(Soon(() => TryAsk(node, "status -o json") is (0, var text) && text.Contains("KERNEL_STATE_IN_STEP", StringComparison.Ordinal)), $"the daemon of {node} does not come up:\n{Logged(node)}");
    }

    /// <summary>Starts both and waits until they are connected.</summary>
    public void StartBoth()
    {
        Start("hub");
        Start("spoke");
        Assert.True(Soon(() => IsConnected("hub") && IsConnected("spoke")), Everything);
    }

    /// <summary>Ends a daemon without a word.</summary>
    public void Kill(string node)
    {
        daemons[node].Kill();
        daemons[node].WaitForExit();
        daemons[node].Dispose();
        daemons.Remove(node);
    }

    public bool IsConnected(string node) => Ask(node, "get peers").Contains(" connected", StringComparison.Ordinal) && !Ask(node, "get peers").Contains("not connected", StringComparison.Ordinal);

    public string Ask(string node, string arguments) => TryAsk(node, arguments) is (0, var text) ? text : throw new InvalidOperationException($"'waymark {arguments}' on {node} failed: {TryAsk(node, arguments).Text}\n{Logged(node)}");

    public (int Code, string Text) TryAsk(string node, string arguments) => Shell.Try($"ip netns exec {lab.NamespaceName(node)} timeout 20 {DaemonProcess.Program("waymark")} --socket {In(node)}.sock {arguments}");

    /// <summary>Puts a policy file in force on a node.</summary>
    public void Apply(string node, string policies)
    {
        Write($"{node}-policy.way", policies);
        Ask(node, $"apply -f {In(node)}-policy.way");
    }

    /// <summary>Waits until what is asked of a peer stands as said.</summary>
    public void Until(string node, string said) => Assert.True(Soon(() => Ask(node, "get peers").Contains(said, StringComparison.Ordinal)), $"{node} does not say '{said}':\n{Everything}");

    /// <summary>All that the two say of themselves.</summary>
    public string Everything => string.Join('\n', daemons.Keys.Select(node => $"== {node}\n{TryAsk(node, "get peers").Text}{TryAsk(node, "get policies").Text}{TryAsk(node, "get paths").Text}{Logged(node)}"));

    public void Ip(string node, string arguments) => Shell.Run($"ip -n {lab.NamespaceName(node)} {arguments}");

    public string Run(string node, string command) => Shell.Run($"ip netns exec {lab.NamespaceName(node)} {command}");

    public Task CutAsync(int tunnel, bool silent, CancellationToken cancellationToken) => lab.CutAsync($"tun{tunnel}", silent, cancellationToken);

    public static string Address(string node, IpFamily family) => (node, family) switch
    {
        ("hub", IpFamily.V4) => "10.1.0.1",
        ("hub", _) => "2001:db8:1::1",
        (_, IpFamily.V4) => "10.2.0.1",
        _ => "2001:db8:2::1",
    };

    /// <summary>Sends a datagram of a new flow from the hub to the spoke and gives the tunnel that it came in by; 0: it did not come in by one.</summary>
    public int Tunnel(IpFamily family, int port = 5000)
    {
        var before = Seen();
        using var socket = Hub.Run(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        try
        {
            socket.SendTo([1], new IPEndPoint(IPAddress.Parse(Address("spoke", family)), port));
        }
        catch (SocketException)
        {
            // Refused by the kernel.
            return 0;
        }
        var came = 0;
        Soon(() => (came = Enumerable.Range(1, 2).FirstOrDefault(n => Seen()[n] > before[n])) > 0, 2);
        return came;
    }

    /// <summary>Asks the hub something from the spoke's own address, and gives the tunnel that the answer came in by.</summary>
    public int Answer(IpFamily family)
    {
        Socket Bound(NetworkNamespace where, string node, int port)
        {
            var socket = where.Run(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 });
            socket.Bind(new IPEndPoint(IPAddress.Parse(Address(node, family)), port));
            return socket;
        }
        using var server = Bound(Hub, "hub", 6000);
        using var client = Bound(Spoke, "spoke", 5000);
        var before = Seen();
        client.SendTo([1], new IPEndPoint(IPAddress.Parse(Address("hub", family)), 6000));
        EndPoint from = new IPEndPoint(family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
        server.ReceiveFrom(new byte[10], ref from);
        Assert.Equal(Address("spoke", family), ((IPEndPoint)from).Address.ToString());
        server.SendTo([2], from);
        Assert.Equal(1, client.Receive(new byte[10]));
        return Seen().Zip(before, (now, was) => now - was).ToList().IndexOf(1);
    }

    /// <summary>What the kernel is found to do, beside what was decided.</summary>
    public string Verify(string node) => TryAsk(node, $"verify --node {In(node)}.way").Text;

    /// <summary>Datagrams to ports 5000 to 5009 that came in by each device of the spoke: the network, then the tunnels.</summary>
    public int[] Seen() => [.. Run("spoke", "nft list table inet seen").Split('\n').Where(line => line.Contains("counter packets", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split("packets ")[1].Split(' ')[0], CultureInfo.InvariantCulture))];

    public T Opened<T>(T one)
        where T : IDisposable
    {
        opened.Add(one);
        return one;
    }

    /// <summary>Whether a condition comes true within a minute; programs that are started take their time on a busy machine.</summary>
    public static bool Soon(Func<bool> condition, int seconds = 60)
    {
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(seconds);)
        {
            if (condition())
            {
                return true;
            }
            Shell.Run("sleep 0.02");
        }
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in daemons.Keys.ToList())
        {
            Kill(node);
        }
        opened.ForEach(one => one.Dispose());
        await lab.DisposeAsync();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    private void Prepare()
    {
        Pki("init");
        foreach (var node in new[] { "hub", "spoke" })
        {
            Pki($"issue --host {node}.example.net --into {folder}");
            System.IO.Directory.CreateDirectory(In($"{node}.d"));
            Declare(node);
        }
        Write("seen.nft", "table inet seen {\nchain pre {\ntype filter hook prerouting priority -300\n" + string.Join('\n', new[] { "u0", "t1", "t2" }.Select(device => $"iifname {device} udp dport 5000-5009 counter")) + "\n}\n}\n");
        Run("spoke", $"nft -f {In("seen.nft")}");
    }
}
