using System.Globalization;
using System.Net;
using Waymark.Lab.Links;
using Waymark.Lab.Topologies;
using Waymark.Lab.Traffic;

namespace Waymark.Lab.Demo;

/// <summary>
/// The main job, told in acts: real flows of a van with three uplinks take the paths that <c>samples/commuter.way</c> asks for, and move when an uplink degrades, dies in
/// silence or comes back. Each act says what should happen, waits for it at the receiver, and the demo fails where it does not.
/// </summary>
/// <param name="root">Where <c>samples/</c> lies.</param>
/// <param name="waymark">The command line's program; the daemon's lies beside it.</param>
/// <param name="narrator">Tells the story.</param>
/// <param name="time">The clock.</param>
public sealed class DemoScript(string root, string waymark, Narrator narrator, TimeProvider time)
{
    private const int CallPort = 5060, ShellPort = 2222, BackupPort = 873, WebPort = 443;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>Whoever has not moved for so long stays.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);
    private static readonly string[] Calls = ["call4", "call6"];
    private static readonly string[] Servers = ["203.0.113.7", "2001:db8:cafe::7"];

    private readonly List<Move> moves = [];
    private readonly ArrivalLog arrivals = new(time);
    private NetworkLab lab = null!;
    private bool hasFailed;

    /// <summary>Runs all acts; whether every expectation came true.</summary>
    /// <param name="keep">Leave everything running at the end, until cancelled.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<bool> RunAsync(bool keep, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var folder = System.IO.Directory.CreateTempSubdirectory("waymark-demo-").FullName;
        try
        {
            narrator.Act("A van with Wi-Fi, LTE and a satellite link");
            await using var built = lab = await NetworkLab.StartAsync(Topology.Commuter, seed: 7, cancellationToken);
            using var replay = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var replaying = ReplayAsync(replay.Token);
            narrator.Say("The links follow a recorded drive through three operators' networks (samples/traces/drive-3op.csv).");
            await using var daemon = await StartDaemonAsync(folder, cancellationToken);
            await using var server = NodeProcess.Start(lab, "internet", waymark, "lab", "serve", $"{CallPort}", $"{ShellPort}", $"{BackupPort}", $"{WebPort}");
            var reading = arrivals.ReadAsync(server.Output);
            await ShowAsync(cancellationToken, "get", "paths");
            await ShowAsync(cancellationToken, "apply", "-f", System.IO.Path.Combine(root, "samples", "commuter.way"));
            await using var traffic = StartTraffic();
            await PlayAsync(cancellationToken);
            narrator.Act("What each flow did");
            Report(time.GetElapsedTime(started));
            if (keep)
            {
                narrator.Say("Everything goes on until Ctrl-C. In another terminal, from this folder:");
                narrator.Say("  out/waymark lab exec van out/waymark top");
                narrator.Say("  out/waymark lab link cut wifi --silent");
                await new Control.LabServer(lab, Control.LabClient.Socket, () => { }).RunAsync(cancellationToken);
            }
            await replay.CancelAsync();
            await replaying;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C: what was not played is neither failed nor met.
            return keep && !hasFailed;
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
        return !hasFailed;
    }

    private async Task PlayAsync(CancellationToken cancellationToken)
    {
        narrator.Act("Every flow finds its path");
        await ExpectAsync(0, "start", ["call4", "call6", "shell4", "shell6", "backup4", "backup6", "web4", "web6"], "wifi", cancellationToken);
        await ShowAsync(cancellationToken, "get", "policies");

        narrator.Act("Wi-Fi degrades: within two seconds it takes 100 ms longer each way, and loses nothing");
        var mark = arrivals.Mark();
        for (var detour = 5; detour <= 100; detour += 5)
        {
            lab.Find("wifi").Detour = TimeSpan.FromMilliseconds(detour);
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }
        await ExpectAsync(mark, "degrade", Calls, "lte", cancellationToken);
        await ShowAsync(cancellationToken, "explain", "udp", "peer", Servers[0], "port", $"{CallPort}");
        var strays = arrivals.Since(mark).Where(one => !one.Flow.StartsWith("call", StringComparison.Ordinal)).Select(one => one.Flow).Distinct().ToList();
        Check(strays.Count == 0, $"degraded is not dead: the others stay on wifi{(strays.Count == 0 ? "" : ", but " + string.Join(", ", strays) + " moved")}");

        narrator.Act("Wi-Fi is good again");
        mark = arrivals.Mark();
        lab.Find("wifi").Detour = TimeSpan.Zero;
        await ExpectAsync(mark, "restore", Calls, "wifi", cancellationToken);
        // The way back is a jump, and a jump is jitter: a call may want to leave for a moment.
        await WaitAsync(() => arrivals.AreSettled(SettleTime) && Calls.All(flow => arrivals.Last(flow) is { } last && LinkOf(last.To) == "wifi"), cancellationToken);

        narrator.Act("Wi-Fi dies in silence: its carrier stays, everything is swallowed");
        mark = arrivals.Mark();
        var leaked = Watch(BackupPort, "lte", "sat");
        await lab.CutAsync("wifi", silent: true, cancellationToken);
        await ExpectAsync(mark, "silent cut", ["call4", "call6", "shell4", "shell6", "web4", "web6"], "lte", cancellationToken);
        await ShowAsync(cancellationToken, "get", "paths");
        Check(leaked() == 0, $"'backup require not metered else drop': {leaked()} of its packets left over LTE or satellite");

        narrator.Act("Wi-Fi comes back");
        await lab.RestoreAsync("wifi", cancellationToken);
        var back = Watch(BackupPort, "wifi");
        await WaitAsync(() => back() > 0, cancellationToken);
        Check(back() > 0, "backup goes on over wifi, where it was");
        narrator.Say("Calls stay on LTE until the packets that Wi-Fi lost are out of the window: they want less than 2 % loss.");

        narrator.Act("A new policy: the web over the satellite, from now on");
        mark = arrivals.Mark();
        var policy = System.IO.Path.Combine(root, "samples", "commuter.way");
        var changed = System.IO.Path.GetTempFileName();
        await System.IO.File.WriteAllTextAsync(changed, $"web: tcp peer port {WebPort} require medium = satellite established move;\n" + await System.IO.File.ReadAllTextAsync(policy, cancellationToken), cancellationToken);
        await ShowAsync(cancellationToken, "plan", "-f", changed, "--name", "commuter.way");
        await RunAsync(cancellationToken, "apply", "-f", changed, "--name", "commuter.way");
        System.IO.File.Delete(changed);
        await ExpectAsync(mark, "apply", ["web4", "web6"], "sat", cancellationToken);
        mark = arrivals.Mark();
        await ShowAsync(cancellationToken, "undo");
        await ShowAsync(cancellationToken, "explain", "tcp", "peer", Servers[1], "port", $"{WebPort}");
        var foreign = await ForeignAsync(cancellationToken);
        Check(foreign == 0, $"packets with a wrong source address that providers had to drop: {foreign}");
    }

    private async Task<NodeProcess> StartDaemonAsync(string folder, CancellationToken cancellationToken)
    {
        var node = System.IO.Path.Combine(folder, "node.way");
        await System.IO.File.WriteAllTextAsync(node, $$"""
            node "van";
            path wifi { interface wlan0; medium wifi; }
            path lte  { interface wwan0; medium cellular; cost 4 /GB; }
            path sat  { interface sat0; medium satellite; cost 9 /GB; }
            forward   { from interface lan0; masquerade; }
            probe default { icmp {{Servers[0]}}, {{Servers[1]}}; every 50 ms; down after 3; up after 5; }
            hold-down { penalty 200; }
            """, cancellationToken);
        var daemon = NodeProcess.Start(lab, "van", System.IO.Path.Combine(System.IO.Path.GetDirectoryName(waymark)!, "waymarkd"),
            "--node-file", node, "--policy-directory", System.IO.Path.Combine(folder, "policy.d"), "--state-directory", System.IO.Path.Combine(folder, "state"));
        for (var tries = 0; ; tries++)
        {
            // Up is when every path has been measured: from then on the policies have something to go by.
            var (code, printed) = await RunAsync(cancellationToken, "get", "paths", "-o", "json");
            if (code == 0 && printed.Split("\"rtt\"").Length > Topology.Commuter.Links.Count(link => link.Name is not null))
            {
                break;
            }
            if (daemon.HasExited || tries > 100)
            {
                throw new LabException($"waymarkd did not come up: {daemon.Errors}{printed}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
        }
        return daemon;
    }

    private NodeProcess StartTraffic()
    {
        var flows = new List<string>();
        for (var i = 0; i < Servers.Length; i++)
        {
            var family = i == 0 ? 4 : 6;
            flows.Add($"call,call{family},{Servers[i]},{CallPort}");
            flows.Add($"type,shell{family},{Servers[i]},{ShellPort}");
            flows.Add($"upload,backup{family},{Servers[i]},{BackupPort}");
            flows.Add($"type,web{family},{Servers[i]},{WebPort}");
        }
        return NodeProcess.Start(lab, "van", [waymark, "lab", "send", .. flows]);
    }

    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        var trace = TraceReplay.Read(System.IO.Path.Combine(root, "samples", "traces", "drive-3op.csv"));
        try
        {
            while (true)
            {
                await trace.RunAsync(lab.Links, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo has ended.
        }
    }

    private async Task ExpectAsync(int mark, string act, string[] flows, string link, CancellationToken cancellationToken)
    {
        foreach (var (flow, arriving) in flows.Select(flow => (flow, arrivals.AwaitAsync(mark, one => one.Flow == flow && LinkOf(one.To) == link, Patience, cancellationToken))).ToList())
        {
            var arrival = await arriving;
            hasFailed |= arrival is null;
            moves.Add(new(act, flow, arrival?.From is { } from ? LinkOf(from) : null, link, arrival));
            narrator.Check(arrival is not null, arrival switch
            {
                null => $"{flow} did not come to {link} within {Patience.TotalSeconds:0} s; it was last seen on {(arrivals.Last(flow) is { } last ? LinkOf(last.To) : "none")}",
                { From: null } => $"{flow} takes {link}",
                { From: { } old } => string.Create(CultureInfo.InvariantCulture, $"{flow} {LinkOf(old)} -> {link} in {arrival.Gap.TotalMilliseconds:0} ms{(arrival.Lost > 0 ? $", {arrival.Lost} packets lost" : "")}"),
            });
        }
    }

    private void Check(bool isMet, string sentence)
    {
        hasFailed |= !isMet;
        narrator.Check(isMet, sentence);
    }

    /// <summary>Counts frames to a port that leave the van over other links from now on.</summary>
    private Func<int> Watch(int port, params string[] links)
    {
        var count = 0;
        foreach (var link in links)
        {
            lab.Find(link).Observer = (frame, isUp) =>
            {
                if (isUp && FramePort.Of(frame) == port)
                {
                    Interlocked.Increment(ref count);
                }
            };
        }
        return () => Volatile.Read(ref count);
    }

    private async Task WaitAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        for (var start = time.GetTimestamp(); !condition() && time.GetElapsedTime(start) < Patience;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        }
    }

    private async Task<long> ForeignAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var link in lab.Links.Keys)
        {
            var (_, printed) = await NodeProcess.RunAsync(lab, $"{link}-isp", ["nft", "list", "counter", "inet", "provider", "foreign"], cancellationToken);
            var words = printed.Split(' ', '\n', '\t');
            var at = Array.IndexOf(words, "packets");
            total += at >= 0 && long.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var packets) ? packets : 0;
        }
        return total;
    }

    private Task<(int Code, string Printed)> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        NodeProcess.RunAsync(lab, "van", [waymark, .. arguments], cancellationToken);

    private async Task ShowAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var (code, printed) = await RunAsync(cancellationToken, arguments);
        narrator.Show($"waymark {string.Join(' ', arguments.Select(one => one.StartsWith(root, StringComparison.Ordinal) ? System.IO.Path.GetRelativePath(root, one) : one))}", printed);
        if (code != 0)
        {
            Check(false, $"exit code {code}");
        }
    }

    private void Report(TimeSpan took)
    {
        foreach (var flow in moves.Select(move => move.Flow).Distinct())
        {
            var course = moves.Where(move => move.Flow == flow).Select(move => move.Arrival switch
            {
                null => $"[{move.Act}: not seen on {move.To}]",
                { From: null } => move.To,
                { } arrival => string.Create(CultureInfo.InvariantCulture, $"-{arrival.Gap.TotalMilliseconds:0} ms-> {move.To} ({move.Act})"),
            });
            narrator.Say($"{flow,-8} {string.Join(' ', course)}");
        }
        narrator.Say("Times are measured at the receiver: from the last packet over the old link to the first over the new.");
        narrator.Check(!hasFailed, string.Create(CultureInfo.InvariantCulture, $"{(hasFailed ? "not everything went as it should" : "everything went as it should")}; {took.TotalSeconds:0} s"));
    }

    /// <summary>Each uplink of the van has a network of its own.</summary>
    private static string LinkOf(IPAddress address) => address.ToString() switch
    {
        var text when text.StartsWith("10.11.", StringComparison.Ordinal) || text.StartsWith("2001:db8:a1:", StringComparison.Ordinal) => "wifi",
        var text when text.StartsWith("10.12.", StringComparison.Ordinal) || text.StartsWith("2001:db8:a2:", StringComparison.Ordinal) => "lte",
        var text when text.StartsWith("10.13.", StringComparison.Ordinal) || text.StartsWith("2001:db8:a3:", StringComparison.Ordinal) => "sat",
        var text => text,
    };

    private sealed record Move(string Act, string Flow, string? From, string To, FlowArrival? Arrival);
}
