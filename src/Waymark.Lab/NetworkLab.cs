using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waymark.Lab.Control;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;
using Waymark.Linux.Netlink;
using Waymark.Policies.Language;

namespace Waymark.Lab;

/// <summary>
/// A topology made real: network namespaces, devices, and a relay that carries the frames of emulated links. Needs to be root of its own mount and network namespaces
/// (<c>unshare --net --mount</c>, with <c>--map-root-user</c> for everybody else); all of it ends with them.
/// </summary>
public sealed class NetworkLab : IAsyncDisposable
{
    private const string RelayNode = "relay";

    /// <summary>How a program ends by SIGINT: 128 and the signal's number.</summary>
    private const int Interrupted = 130;

    private readonly Topology topology;
    private readonly string prefix;
    private readonly LinkRelay relay = new();
    private readonly Dictionary<string, EmulatedLink> links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string A, string B)> relayDevices = new(StringComparer.Ordinal);

    private NetworkLab(Topology topology, string prefix) => (this.topology, this.prefix) = (topology, prefix);

    /// <summary>Names of the nodes.</summary>
    public IEnumerable<string> Nodes => topology.Nodes.Select(node => node.Name);

    /// <summary>The emulated links by name.</summary>
    public IReadOnlyDictionary<string, EmulatedLink> Links => links;

    /// <summary>Builds it; throws <see cref="LabException"/> with what the system said, and leaves nothing behind.</summary>
    /// <param name="topology">What to build.</param>
    /// <param name="seed">Of losses and jitter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="prefix">Put before the nodes' names, so that two labs can stand side by side.</param>
    public static async Task<NetworkLab> StartAsync(Topology topology, int seed, CancellationToken cancellationToken, string prefix = "")
    {
        var lab = new NetworkLab(topology, prefix);
        try
        {
            await lab.BuildAsync(seed, cancellationToken);
            return lab;
        }
        catch
        {
            // Half a lab is of no use; the caller gets the reason.
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>The network namespace of a node; to be disposed by the caller.</summary>
    public NetworkNamespace Namespace(string node) => NetworkNamespace.Open(prefix + node);

    /// <summary>The namespace's name for <c>ip netns</c>.</summary>
    public string NamespaceName(string node) => prefix + node;

    /// <summary>Cuts a link: silently (the carrier stays, everything is swallowed) or with its carrier.</summary>
    public async Task CutAsync(string link, bool silent, CancellationToken cancellationToken)
    {
        Find(link).IsCut = true;
        if (!silent)
        {
            await CarrierAsync(link, "down", cancellationToken);
        }
    }

    /// <summary>Puts a link back, carrier and all.</summary>
    public async Task RestoreAsync(string link, CancellationToken cancellationToken)
    {
        Find(link).IsCut = false;
        await CarrierAsync(link, "up", cancellationToken);
    }

    /// <summary>The link of that name; throws <see cref="LabException"/>.</summary>
    public EmulatedLink Find(string link) =>
        links.TryGetValue(link, out var found) ? found : throw new LabException($"no link is called '{link}'; {NearestWord.Mend(link, links.Keys) ?? $"there are {string.Join(", ", links.Keys)}"}", isInput: true);

    /// <summary>How many packets the link's provider dropped because their source is none of its own; null: it lets all in.</summary>
    public async Task<long?> ForeignAsync(string link, CancellationToken cancellationToken)
    {
        var found = topology.Links.First(known => known.Name == link);
        if (found.OnlyFrom.IsEmpty)
        {
            return null;
        }
        var printed = await RunAsync("ip", ["netns", "exec", prefix + found.B.Node, "nft", "list", "counter", "inet", "provider", "foreign"], null, cancellationToken);
        var words = printed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[Array.IndexOf(words, "packets") + 1], CultureInfo.InvariantCulture);
    }

    /// <summary>Runs a program in a node; the caller waits for it and disposes it.</summary>
    public ProcessStartInfo Command(string node, params string[] arguments)
    {
        if (!topology.Nodes.Any(known => known.Name == node))
        {
            throw new LabException($"no node is called '{node}'; {NearestWord.Mend(node, Nodes) ?? $"there are {string.Join(", ", Nodes)}"}", isInput: true);
        }
        return new("ip", ["netns", "exec", prefix + node, .. arguments]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        relay.Dispose();
        foreach (var name in topology.Nodes.Select(node => node.Name).Append(RelayNode))
        {
            // What was never made cannot be removed, and that is fine.
            await RunAsync("ip", ["netns", "del", prefix + name], null, CancellationToken.None, mayFail: true);
        }
    }

    private async Task BuildAsync(int seed, CancellationToken cancellationToken)
    {
        var script = new StringBuilder();
        foreach (var name in topology.Nodes.Select(node => node.Name).Append(RelayNode))
        {
            script.Append(CultureInfo.InvariantCulture, $"netns add {prefix}{name}\n");
        }
        await IpAsync(script, cancellationToken);
        foreach (var node in topology.Nodes.ToArray())
        {
            using var space = Namespace(node.Name);
            space.Run(() => Prepare(node));
        }
        using (var space = NetworkNamespace.Open(prefix + RelayNode))
        {
            space.Run(() => Write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        }
        script.Clear();
        var number = 0;
        foreach (var link in topology.Links)
        {
            if (link.Name is null)
            {
                script.Append(CultureInfo.InvariantCulture, $"link add {link.A.Device} netns {prefix}{link.A.Node} type veth peer name {link.B.Device} netns {prefix}{link.B.Node}\n");
                continue;
            }
            var (a, b) = ($"l{number}a", $"l{number++}b");
            relayDevices.Add(link.Name, (a, b));
            script.Append(CultureInfo.InvariantCulture, $"link add {link.A.Device} netns {prefix}{link.A.Node} type veth peer name {a} netns {prefix}{RelayNode}\n");
            script.Append(CultureInfo.InvariantCulture, $"link add {link.B.Device} netns {prefix}{link.B.Node} type veth peer name {b} netns {prefix}{RelayNode}\n");
        }
        await IpAsync(script, cancellationToken);
        script.Clear();
        foreach (var (a, b) in relayDevices.Values)
        {
            script.Append(CultureInfo.InvariantCulture, $"link set {a} up\nlink set {b} up\n");
        }
        await IpAsync(script, cancellationToken, RelayNode);
        foreach (var node in topology.Nodes.ToArray())
        {
            await AddressAsync(node, cancellationToken);
        }
        foreach (var link in topology.Links.ToArray())
        {
            await FilterAsync(link, cancellationToken);
        }
        using (var space = NetworkNamespace.Open(prefix + RelayNode))
        {
            space.Run(() => AddLinks(seed));
        }
        relay.Start();
    }

    private void AddLinks(int seed)
    {
        foreach (var link in topology.Links)
        {
            if (link.Name is not { } name)
            {
                continue;
            }
            var (a, b) = relayDevices[name];
            var emulated = relay.Add(name, a, b, seed += 2);
            (emulated.Up, emulated.Down) = (link.Up, link.Down);
            links.Add(name, emulated);
        }
    }

    /// <summary>Knobs of a fresh namespace. No neighbour is doubted: the lab has none that could have the same address.</summary>
    private static void Prepare(LabNode node)
    {
        Write("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
        Write("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
        if (node.Forwards)
        {
            Write("/proc/sys/net/ipv4/ip_forward", "1");
            Write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
        }
    }

    private async Task AddressAsync(LabNode node, CancellationToken cancellationToken)
    {
        var script = new StringBuilder("link set lo up\n");
        foreach (var address in node.Addresses)
        {
            script.Append(CultureInfo.InvariantCulture, $"addr add {address} dev lo\n");
        }
        var ends = topology.Links.SelectMany(link => new[] { link.A, link.B }).Where(end => end.Node == node.Name).ToList();
        foreach (var end in ends)
        {
            foreach (var address in end.Addresses)
            {
                script.Append(CultureInfo.InvariantCulture, $"addr add {address} dev {end.Device}{(address.Contains(':', StringComparison.Ordinal) ? " nodad" : "")}\n");
            }
            // Without neighbours to ask, frames go to the device's own hardware address: both ends bear the same.
            var pointToPoint = topology.Links.Any(link => link.IsPointToPoint && (link.A == end || link.B == end));
            script.Append(CultureInfo.InvariantCulture, $"link set {end.Device}{(pointToPoint ? " address 02:00:5e:00:53:01 arp off" : "")} up\n");
        }
        foreach (var route in node.Routes)
        {
            script.Append(CultureInfo.InvariantCulture, $"route add {route}\n");
        }
        await IpAsync(script, cancellationToken, node.Name);
        using var space = Namespace(node.Name);
        space.Run(() => ends.ForEach(end => FrameSocket.DisableOffloads(end.Device)));
    }

    private async Task FilterAsync(LabLink link, CancellationToken cancellationToken)
    {
        if (link.OnlyFrom.IsEmpty)
        {
            return;
        }
        var rules = new StringBuilder("table inet provider {\n  counter foreign { }\n  chain in {\n    type filter hook forward priority 0; policy accept;\n");
        foreach (var (family, isSix) in ((string, bool)[])[("ip", false), ("ip6", true)])
        {
            // Of a family of which it has no prefix, nothing is its own.
            var own = link.OnlyFrom.Where(one => one.Contains(':', StringComparison.Ordinal) == isSix).Concat(isSix ? ["fe80::/10"] : Array.Empty<string>()).ToList();
            var match = own.Count > 0 ? $"{family} saddr != {{ {string.Join(", ", own)} }}" : "meta nfproto ipv4";
            rules.Append(CultureInfo.InvariantCulture, $"    iifname \"{link.B.Device}\" {match} counter name foreign drop\n");
        }
        rules.Append("  }\n");
        if (link.IsMasqueraded)
        {
            rules.Append(CultureInfo.InvariantCulture, $"  chain out {{\n    type nat hook postrouting priority 100;\n    oifname != \"{link.B.Device}\" masquerade\n  }}\n");
        }
        rules.Append("}\n");
        await RunAsync("ip", ["netns", "exec", prefix + link.B.Node, "nft", "-f", "-"], rules.ToString(), cancellationToken);
    }

    private Task<string> CarrierAsync(string link, string state, CancellationToken cancellationToken) =>
        RunAsync("ip", ["-n", prefix + RelayNode, "link", "set", relayDevices[link].A, state], null, cancellationToken);

    private Task<string> IpAsync(StringBuilder script, CancellationToken cancellationToken, string? node = null) =>
        RunAsync("ip", node is null ? ["-batch", "-"] : ["-n", prefix + node, "-batch", "-"], script.ToString(), cancellationToken);

    /// <summary>Runs a program to its end, which comes before this returns or throws: what is still at work could make again what is being removed.</summary>
    private static async Task<string> RunAsync(string program, string[] arguments, string? input, CancellationToken cancellationToken, bool mayFail = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(program, arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await FeedAsync(process, input, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode switch
            {
                0 => await output,
                // Ctrl-C goes to every program of the terminal, and may reach this one before it reaches us.
                Interrupted when !mayFail => throw new OperationCanceledException($"'{program}' was interrupted"),
                _ => mayFail ? "" : throw new LabException($"'{program} {string.Join(' ', arguments)}' failed: {(await errors).Trim()}"),
            };
        }
        catch (OperationCanceledException) when (!process.HasExited)
        {
            // Given up; the caller removes what was made.
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    private static Process Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        }
        catch (Win32Exception failed)
        {
            throw OwnNamespaces.Missing(program, failed.Message);
        }
    }

    private static async Task FeedAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (System.IO.IOException)
        {
            // It ended before it had read everything; its exit code says why.
        }
    }

    private static void Write(string file, string value) => System.IO.File.WriteAllText(file, value);
}
