using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Waymark.Benchmarks;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Routing;
using Waymark.PathDecision;
using Waymark.Paths;

// Run by ./bench, in a network namespace of its own. Wall time on a machine that others use too: compare rows of one run, not runs.
var results = new Results();

results.Section("Decision (pure), 16 paths");
foreach (var count in new[] { 1_000, 10_000, 100_000 })
{
    var policies = Worlds.Policies(count, 100);
    var world = Worlds.World(policies, Worlds.Paths(16), Worlds.Known(16));
    var first = PathResolution.Decide(world);
    var changed = world with { Characteristics = Worlds.Known(16, 3), Previous = first.Next };
    results.Add($"full decision, {count} policies in 100 actions, everything measured anew", Median(9, () => PathResolution.Decide(changed)), "ms", count == 100_000 ? "below 100" : "");
}

results.Section("Kernel: what an established and a first packet cost (sendto of 64 bytes; ns a packet, median of 9 x 20,000)");
Prepare(8);
using var routing = new RoutingSocket();
var indexes = routing.Links().ToDictionary(link => link.Name, link => link.Index, StringComparer.Ordinal);
var paths = Worlds.Paths(8, indexes);
var none = Packets();
results.Add("no rules at all", none, "ns");
var one = 0.0;
foreach (var count in new[] { 1, 100, 10_000, 100_000 })
{
    using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
    var decision = PathResolution.Decide(Worlds.World(Worlds.Policies(count, Math.Min(16, count)), paths, Worlds.Known(8)));
    var clock = Stopwatch.StartNew();
    var encoded = NftablesEncoder.Encode(decision.FilterRules, paths, Territory.Default, EncoderOptions.Default, installer.Adopt());
    var encoding = clock.Elapsed.TotalMilliseconds;
    clock.Restart();
    installer.Apply(encoded);
    var loading = clock.Elapsed.TotalMilliseconds;
    var cost = Packets();
    one = count == 1 ? cost : one;
    results.Add($"{count} filter rules", cost, "ns");
    results.Add($"{count} filter rules, beside one rule", cost / one, "x", count == 100_000 ? "within 1.1" : "");
    results.Add($"{count} filter rules, beside no rules", cost / none, "x", count == 100_000 ? "within 2.2" : "");
    if (count == 100_000)
    {
        results.Add("encode 100,000 filter rules", encoding, "ms");
        results.Add("load 100,000 filter rules into the kernel", loading, "ms");
    }
    installer.Erase();
}
foreach (var count in new[] { 100, 1_000 })
{
    Run("iptables-restore", "*mangle\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"-A OUTPUT -p udp -d 11.0.{i / 200}.{i % 200} --dport {1000 + i} -j MARK --set-mark 7\n")) + "COMMIT\n");
    results.Add($"for comparison: iptables, {count} MARK rules in a row", Packets(), "ns");
    Run("iptables-restore", "*mangle\nCOMMIT\n");
    Run("ip", string.Concat(Enumerable.Range(0, count).Select(i => $"rule add to 11.0.{i / 200}.{i % 200} lookup 99 priority 5000\n")), "-batch", "-");
    results.Add($"for comparison: {count} ip rules", Packets(), "ns");
    Run("ip", string.Concat(Enumerable.Range(0, count).Select(_ => "rule del priority 5000\n")), "-batch", "-");
}
{
    var text = "table ip bench {\nmap m {\ntype ipv4_addr . inet_service : verdict; flags interval\nelements = {"
        + string.Join(",", Enumerable.Range(0, 100_000).Select(i => $"{new IpPrefix(new(IpFamily.V4, 0x0b000000 + ((UInt128)i * 8)), 29)} . {1000 + (i % 300)}-2000 : accept")) + "}\n}\n}\n";
    var clock = Stopwatch.StartNew();
    Run("nft", text, "-f", "-");
    results.Add("for comparison: nft -f of one map of the same 100,000 elements", clock.Elapsed.TotalMilliseconds, "ms");
    Run("nft", "delete table ip bench\n", "-f", "-");
}

results.Section("A path is lost, 10,000 policies, 8 paths: from knowing it to the kernel's acknowledgement (ms, 60 losses)");
foreach (var actions in new[] { 16, 1_000 })
{
    using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
    var policies = Worlds.Policies(10_000, actions);
    var decision = PathResolution.Decide(Worlds.World(policies, paths, Worlds.Known(8)));
    var memory = installer.Adopt();
    var kills = new List<double>();
    var applies = new List<double>();
    var less = new PathSet(paths.Paths.Where(path => path.Name != "d1"));
    for (var i = 0; i < 60; i++)
    {
        var whole = NftablesEncoder.Encode(decision.FilterRules, paths, Territory.Default, EncoderOptions.Default, memory);
        installer.Apply(whole);
        memory = whole.Memory;
        var clock = Stopwatch.StartNew();
        installer.KillPath(new("ip", "d1"));
        kills.Add(clock.Elapsed.TotalMilliseconds);
        clock.Restart();
        var next = PathResolution.Decide(Worlds.World(policies, less, Worlds.Known(8)) with { Previous = decision.Next });
        var encoded = NftablesEncoder.Encode(next.FilterRules, less, Territory.Default, EncoderOptions.Default, memory);
        installer.Apply(encoded);
        memory = encoded.Memory;
        applies.Add(clock.Elapsed.TotalMilliseconds);
    }
    results.Add($"{actions} actions: its flows are refused, p50", Rank(kills, 50), "ms", "below 0.5");
    results.Add($"{actions} actions: its flows are refused, p99", Rank(kills, 99), "ms", "below 2");
    results.Add($"{actions} actions: decided, encoded and switched to other paths, p50", Rank(applies, 50), "ms");
    results.Add($"{actions} actions: decided, encoded and switched to other paths, p99", Rank(applies, 99), "ms");
    installer.Erase();
}

results.Section("Programs");
var programs = Environment.GetEnvironmentVariable("WAYMARK_ROOT") + "/out/waymark";
results.Add("waymark version, start to end", Median(21, () => Run(programs, null, "version")), "ms", "below 20");
results.Write(args[0]);
return 0;

static double Median(int rounds, Action work)
{
    work();
    return Rank(Enumerable.Range(0, rounds).Select(_ =>
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }).ToList(), 50);
}

static double Rank(IReadOnlyList<double> values, int rank) => values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * rank / 100));

// One socket, one peer that answers nothing: an established flow after its first packet.
static double Packets()
{
    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    socket.Connect(new IPEndPoint(IPAddress.Parse("11.0.0.1"), 1500));
    var packet = new byte[64];
    var costs = new List<double>();
    for (var round = 0; round < 10; round++)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20_000; i++)
        {
            socket.Send(packet);
        }
        costs.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / 20_000);
    }
    return Rank(costs.Skip(1).ToList(), 50);
}

// Cables to nowhere stand for uplinks: always up, with a neighbour that never has to be asked for.
static void Prepare(int count)
{
    var text = "link set lo up\n" + string.Concat(Enumerable.Range(1, count).Select(i =>
        $"link add d{i} type veth peer name e{i}\nlink set d{i} up\nlink set e{i} up\naddr add 10.1.{i}.2/24 dev d{i}\naddr add 2001:db8:{i:x}::2/64 dev d{i} nodad\n"
        + $"neigh add 10.1.{i}.1 lladdr 02:00:00:00:00:01 dev d{i}\nroute add default via 10.1.{i}.1 metric {i}\n"));
    Run("ip", text, "-batch", "-");
}

static void Run(string program, string? input, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    if (input is not null)
    {
        process.StandardInput.Write(input);
    }
    process.StandardInput.Close();
    var errors = process.StandardError.ReadToEndAsync();
    process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}: {errors.Result[..Math.Min(500, errors.Result.Length)]}");
    }
}
