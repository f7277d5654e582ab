using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
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

    /// <summary>
    /// The words of a command line, with what <c>lab exec</c> runs put behind <c>--</c>: options there are that program's, whatever ours are called.
    /// </summary>
    public static string[] WithOthersWordsApart(string[] words)
    {
        var exec = Array.FindIndex(words, word => word == "exec");
        if (exec < 1 || words[exec - 1] != "lab")
        {
            return words;
        }
        // The node is the first word behind that is no option.
        var node = Array.FindIndex(words, exec + 1, word => !word.StartsWith('-'));
        return node < 0 || node == words.Length - 1 || words.AsSpan(exec + 1, node + 1 - exec).Contains("--") ? words : [.. words[..(node + 1)], "--", .. words[(node + 1)..]];
    }

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
            await LabProcesses.EndAsync(LabClient.Socket, CancellationToken.None);
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
        node.CompletionSources.Add(_ => Completions.Nodes().Select(name => new CompletionItem(name)));
        var words = new Argument<string[]>("command") { Description = "The command and its arguments.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Runs a command in a node of the lab.") { node, words };
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            var lab = int.Parse(await LabClient.AskAsync("pid", cancellationToken), CultureInfo.InvariantCulture);
            await LabClient.AskAsync($"node {parse.GetValue(node)}", cancellationToken);
            var command = parse.GetValue(words)!;
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
        name.CompletionSources.Add(_ => Completions.Links().Select(link => new CompletionItem(link)));
        var shape = new Argument<string[]>("shape") { Description = "[up|down] delay 80ms jitter 5ms loss 2% rate 20Mbit; what is not said stays.", Arity = ArgumentArity.OneOrMore };
        var silent = new Option<bool>("--silent") { Description = "Keep the carrier: only probes can tell." };
        var set = new Command("set", "Changes what a link does.") { name, shape };
        set.SetAction((parse, cancellationToken) => AskAsync(parse, $"set {parse.GetValue(name)} {LinkShapeWords(parse.GetValue(shape)!)}", cancellationToken));
        var cut = new Command("cut", "Cuts a link.") { name, silent };
        cut.SetAction((parse, cancellationToken) => AskAsync(parse, $"cut {parse.GetValue(name)}{(parse.GetValue(silent) ? " silent" : "")}", cancellationToken));
        var restore = new Command("restore", "Puts a link back that was cut.") { name };
        restore.SetAction((parse, cancellationToken) => AskAsync(parse, $"restore {parse.GetValue(name)}", cancellationToken));
        return new("link", "Changes, cuts and restores links.") { set, cut, restore };
    }

    /// <summary>A number and its unit may stand apart, as in lab files.</summary>
    private static string LinkShapeWords(string[] words) =>
        string.Concat(words.Select((word, i) => i > 0 && !(char.IsAsciiDigit(words[i - 1][^1]) && word is not ("delay" or "jitter" or "loss" or "rate" or "queue")) ? " " + word : word));

    private static Command Replay()
    {
        var file = new Argument<string>("file") { Description = "Lines of t_ms,link,rtt_ms,loss_pct; samples/traces holds one." };
        var command = new Command("replay", "Has the links follow a recorded course once.") { file };
        command.SetAction((parse, cancellationToken) => AskAsync(parse, $"replay {System.IO.Path.GetFullPath(parse.GetValue(file)!)}", cancellationToken));
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
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            Say(parse, await LabClient.EndAsync(cancellationToken));
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", "The nodes, the links, what they do and what went over them.");
        command.SetAction((parse, cancellationToken) => Guard(async () =>
        {
            Console.WriteLine(await LabClient.AskAsync(parse.IsJson() ? "status json" : "status", cancellationToken));
            return ExitCodes.Done;
        }));
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

    private static Task<int> AskAsync(ParseResult parse, string request, CancellationToken cancellationToken) => Guard(async () =>
    {
        Say(parse, await LabClient.AskAsync(request, cancellationToken));
        return ExitCodes.Done;
    });

    /// <summary>What was done, in words.</summary>
    private static void Say(ParseResult parse, string done)
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(new JsonObject { ["done"] = done });
            return;
        }
        Console.WriteLine(done);
    }

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
