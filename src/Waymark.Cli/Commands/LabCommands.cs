using System.CommandLine;
using System.Globalization;
using System.Net;
using Waymark.Lab;
using Waymark.Lab.Control;
using Waymark.Lab.Demo;
using Waymark.Lab.Topologies;
using Waymark.Lab.Traffic;

namespace Waymark.Cli.Commands;

/// <summary>A little internet of network namespaces to try things in; needs no right on most systems.</summary>
internal static class LabCommands
{
    public static Command Lab() => new("lab", "A little internet on this machine: a van with Wi-Fi, LTE and satellite, their providers, servers. Nothing outside of it changes.")
    {
        Up(),
        Down(),
        Status(),
        Exec(),
        Link(),
        Replay(),
        Demo(),
        Serve(),
        Send(),
        Measure(),
    };

    private static Command Up()
    {
        var file = new Argument<string?>("file") { Description = "What to build (docs/lab.md); without it, the van of samples/commuter.lab.", Arity = ArgumentArity.ZeroOrOne };
        var seed = new Option<int>("--seed") { Description = "Of losses and jitter: the same seed, the same course.", DefaultValueFactory = _ => 1 };
        var command = new Command("up", "Builds the lab and keeps it until Ctrl-C or 'waymark lab down'.") { file, seed };
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            // Before anything is made, so that a mistake in the file is all that happens.
            var path = parse.GetValue(file) is { } given ? System.IO.Path.GetFullPath(given) : null;
            var topology = path is null ? Topology.Commuter : LabLanguage.Load(path);
            if (!OwnNamespaces.IsInside)
            {
                LabClient.PrepareFolder();
                await LabClient.ClaimAsync(LabClient.Socket, cancellationToken);
                await OwnNamespaces.EnterAsync(["lab", "up", "--seed", parse.GetValue(seed).ToString(CultureInfo.InvariantCulture), .. path is null ? Array.Empty<string>() : [path]], cancellationToken);
            }
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await using var lab = await BuildAsync(topology, parse.GetValue(seed), stop.Token);
            Console.WriteLine($"The lab is up: nodes {string.Join(", ", lab.Nodes)}; links {string.Join(", ", lab.Links.Keys)}.");
            if (topology.Nearest is { } server)
            {
                Console.WriteLine($"Try in another terminal: waymark lab exec {topology.Nodes[0].Name} ping -c 3 {server}");
            }
            Console.WriteLine("Ctrl-C or 'waymark lab down' ends it.");
            try
            {
                await new LabServer(lab, LabClient.Socket, stop.Cancel).RunAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Told to end.
            }
            System.IO.File.Delete(LabClient.Socket);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static async Task<NetworkLab> BuildAsync(Topology topology, int seed, CancellationToken cancellationToken)
    {
        try
        {
            return await NetworkLab.StartAsync(topology, seed, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C. Who waits for the lab must not take this for one that has done its work.
            throw new LabException("given up before the lab was built; nothing of it is left");
        }
    }

    private static Command Exec()
    {
        var node = new Argument<string>("node") { Description = "The node ('waymark lab status' lists them)." };
        var words = new Argument<string[]>("command") { Description = "The command and its arguments.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Runs a command in a node of the lab.") { node, words };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            var lab = int.Parse(await LabClient.AskAsync("pid", cancellationToken), CultureInfo.InvariantCulture);
            await LabClient.AskAsync($"node {parse.GetValue(node)}", cancellationToken);
            List<string> command = [.. parse.GetValue(words)!, .. parse.UnmatchedTokens];
            // Said here and not by what runs it at last: that one would name itself, and end with a code of its own.
            if (ProgramSearch.Refuse(command[0], out var code) is { } refusal)
            {
                Invocation.Fail(refusal);
                return code;
            }
            OwnNamespaces.EnterNode(lab, parse.GetValue(node)!, command);
            return ExitCodes.Failed;
        }));
        return command;
    }

    private static Command Link()
    {
        var name = new Argument<string>("link") { Description = "The link ('waymark lab status' lists them)." };
        var shape = new Argument<string[]>("shape") { Description = "[up|down] delay 80ms jitter 5ms loss 2% rate 20Mbit; what is not said stays.", Arity = ArgumentArity.OneOrMore };
        var silent = new Option<bool>("--silent") { Description = "Keep the carrier: only probes can tell." };
        var set = new Command("set", "Changes what a link does.") { name, shape };
        set.SetAction((parse, cancellationToken) => AskAsync($"set {parse.GetValue(name)} {string.Join(' ', parse.GetValue(shape)!)}", cancellationToken));
        var cut = new Command("cut", "Cuts a link.") { name, silent };
        cut.SetAction((parse, cancellationToken) => AskAsync($"cut {parse.GetValue(name)}{(parse.GetValue(silent) ? " silent" : "")}", cancellationToken));
        var restore = new Command("restore", "Puts a link back that was cut.") { name };
        restore.SetAction((parse, cancellationToken) => AskAsync($"restore {parse.GetValue(name)}", cancellationToken));
        return new("link", "Changes, cuts and restores links.") { set, cut, restore };
    }

    private static Command Replay()
    {
        var file = new Argument<string>("file") { Description = "Lines of t_ms,link,rtt_ms,loss_pct; samples/traces holds one." };
        var command = new Command("replay", "Has the links follow a recorded course once.") { file };
        command.SetAction((parse, cancellationToken) => AskAsync($"replay {System.IO.Path.GetFullPath(parse.GetValue(file)!)}", cancellationToken));
        return command;
    }

    private static Command Demo()
    {
        var keep = new Option<bool>("--keep") { Description = "Leave everything running at the end, to look around in." };
        var root = new Option<string>("--root") { Description = "Where samples/ lies.", DefaultValueFactory = _ => Environment.CurrentDirectory };
        var command = new Command("demo", "Shows what waymark does, on real flows over emulated links, in under a minute.") { keep, root };
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            if (!OwnNamespaces.IsInside)
            {
                LabClient.PrepareFolder();
                await OwnNamespaces.EnterAsync(["lab", "demo", "--root", parse.GetValue(root)!, .. parse.GetValue(keep) ? ["--keep"] : Array.Empty<string>()], cancellationToken);
            }
            var colours = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 };
            var demo = new DemoScript(parse.GetValue(root)!, Environment.ProcessPath!, new(Console.Out, colours), TimeProvider.System);
            return await demo.RunAsync(parse.GetValue(keep), cancellationToken) ? ExitCodes.Done : ExitCodes.Failed;
        }));
        return command;
    }

    private static Command Serve()
    {
        var ports = new Argument<int[]>("port") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("serve", "Takes the traffic of 'send' and prints where it comes from.") { ports };
        command.Hidden = true;
        command.SetAction(async (parse, cancellationToken) =>
        {
            var server = new TrafficServer(new(TimeProvider.System), Console.Out);
            await Task.WhenAll(parse.GetValue(ports)!.Select(port => server.RunAsync(port, cancellationToken)));
        });
        return command;
    }

    private static Command Send()
    {
        var flows = new Argument<string[]>("flow") { Description = "kind,name,address,port with kind call, type or upload.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("send", "Makes traffic.") { flows };
        command.Hidden = true;
        command.SetAction(async (parse, cancellationToken) =>
        {
            var client = new TrafficClient(TimeProvider.System);
            await Task.WhenAll(parse.GetValue(flows)!.Select(flow => flow.Split(',')).Select(flow =>
            {
                var peer = new IPEndPoint(IPAddress.Parse(flow[2]), int.Parse(flow[3], CultureInfo.InvariantCulture));
                return flow[0] switch
                {
                    "call" => client.CallAsync(flow[1], peer, cancellationToken),
                    "type" => client.TypeAsync(flow[1], peer, cancellationToken),
                    _ => client.UploadAsync(flow[1], peer, 250_000, cancellationToken),
                };
            }));
        });
        return command;
    }

    private static Command Down()
    {
        var command = new Command("down", "Ends the lab, and removes what a killed one left.");
        command.SetAction((_, cancellationToken) => Guard(async () =>
        {
            Console.WriteLine(await LabClient.EndAsync(cancellationToken));
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", "The nodes, the links, what they do and what went over them.");
        command.SetAction((parse, cancellationToken) => AskAsync(parse.IsJson() ? "status json" : "status", cancellationToken));
        return command;
    }

    private static Command Measure()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 5 };
        var command = new Command("measure", "How late the relay of the links is, beside 20 Mbit/s each way.") { seconds };
        command.Hidden = true;
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            if (!OwnNamespaces.IsInside)
            {
                await OwnNamespaces.EnterAsync(["lab", "measure", "--seconds", parse.GetValue(seconds).ToString(CultureInfo.InvariantCulture)], cancellationToken);
            }
            var late = await RelayMeasurement.RunAsync(TimeSpan.FromSeconds(Math.Max(1, parse.GetValue(seconds))), cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{late.Packets} packets ({late.Doubtful} more not counted, for their sender was stopped) at {late.Rate / 1e6:0.0} Mbit/s each way; late by p50 {late.Median.TotalMilliseconds:0.000} ms, p99 {late.P99.TotalMilliseconds:0.000} ms, at most {late.Most.TotalMilliseconds:0.000} ms"));
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Task<int> AskAsync(string request, CancellationToken cancellationToken) => Guard(async () =>
    {
        Console.WriteLine(await LabClient.AskAsync(request, cancellationToken));
        return ExitCodes.Done;
    });

    private static async Task<int> Guard(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (LabException failed)
        {
            Invocation.Fail(failed.Message);
            return failed.IsInput ? ExitCodes.BadInput : ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
            return ExitCodes.Done;
        }
    }
}
