using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Linux;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Verification;
using Waymark.Nodes;

namespace Waymark.Cli.Commands;

/// <summary>Holds the running kernel to the decision, over the whole packet space.</summary>
internal static class VerifyCommand
{
    /// <summary>How often it is looked again where something differs: a decision that has just changed is not yet in the kernel.</summary>
    private const int MostLooks = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Verify()
    {
        var node = new Option<string?>("--node") { Description = $"The node file, for the numbers and interfaces that it names; else {NodeFile.UsualPlace} where there is one.", HelpName = "file" };
        var most = new Option<int>("--most") { Description = "How many different differences are told.", DefaultValueFactory = _ => 20 };
        most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("'--most' is a number from 1");
            }
        });
        return new Command(
            "verify", "Reads rules and routes back from the kernel, compares what they do with every packet with what was decided, and names a packet for each difference; exit 4 if there is any. Needs root.")
        {
            node,
            most,
        }.Asks(async (client, parse, cancellationToken) =>
        {
            var file = parse.GetValue(node) ?? (System.IO.File.Exists(NodeFile.UsualPlace) ? NodeFile.UsualPlace : null);
            if (parse.GetResult(Invocation.Socket) is not { Implicit: false } && parse.GetValue(Invocation.Server) is { } server)
            {
                Invocation.Fail($"the kernel that is asked is this host's, and the decision would be that of {server}: run it there");
                return ExitCodes.BadInput;
            }
            if (ReadNode(file) is not { } said)
            {
                return ExitCodes.BadInput;
            }
            for (var look = 1; ; look++)
            {
                VerificationReport report;
                ulong revision;
                try
                {
                    (var decision, revision) = await DecisionAsync(client, said, cancellationToken);
                    report = KernelVerification.Verify(decision, Territory.Of(said), said.Bypass.ToArray(), parse.GetValue(most));
                }
                catch (NetlinkException refused)
                {
                    Invocation.Fail($"{refused.Message}{(refused.Error == NetlinkException.NotPermitted ? ": run it as root" : "")}");
                    return ExitCodes.Failed;
                }
                catch (FormatException unknown)
                {
                    Invocation.Fail($"the daemon says what this program does not know ({unknown.Message}): use the 'waymark' of its version");
                    return ExitCodes.Failed;
                }
                // A change that was under way is no difference.
                if (report.IsEqual || look == MostLooks)
                {
                    Write(parse, report, revision);
                    return report.IsEqual ? ExitCodes.Done : ExitCodes.Unresolved;
                }
                await Task.Delay(Pause, cancellationToken);
            }
        });
    }

    private static NodeFile? ReadNode(string? file)
    {
        if (file is null)
        {
            return new();
        }
        if (NodeSource.Read(file) is not { } source)
        {
            return null;
        }
        if (source.Node is null)
        {
            Invocation.Write(source.Diagnostics, source.Text);
        }
        return source.Node;
    }

    private static async Task<(VerifiedDecision Decision, ulong Revision)> DecisionAsync(NodeClient client, NodeFile node, CancellationToken cancellationToken)
    {
        while (true)
        {
            var decision = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
            var rules = new List<Exchange.Wire.V1.FilterRule>();
            var revision = decision.Revision;
            using var stream = client.Decisions.ListFilterRules(new(), cancellationToken: cancellationToken);
            await foreach (var answer in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                revision = answer.Revision;
                rules.AddRange(answer.Rules);
            }
            var paths = await client.Paths.ListPathsAsync(new(), cancellationToken: cancellationToken);
            if (revision != decision.Revision)
            {
                // Decided anew in between: asked again.
                continue;
            }
            var set = EnforcedReading.ToCore(rules, decision.Classes);
            return (
                new()
                {
                    Rules = set,
                    Paths = new(paths.Paths.Select(EnforcedReading.ToCore)),
                    ForwardFrom = node.Forward?.Interfaces ?? [],
                    Masquerade = node.Forward?.Masquerade ?? false,
                    Cgroups = ControlGroup.IdsOf(set),
                },
                revision);
        }
    }

    private static void Write(ParseResult parse, VerificationReport report, ulong revision)
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(new JsonObject
            {
                ["isEqual"] = report.IsEqual,
                ["revision"] = revision,
                ["differences"] = new JsonArray([.. report.Differences.Select(one => new JsonObject
                {
                    ["situation"] = one.Situation,
                    ["packet"] = PacketText.Of(one.Packet),
                    ["policy"] = one.Origin?.ToString(),
                    ["decided"] = one.Decided,
                    ["kernel"] = one.Does,
                    ["by"] = new JsonArray([.. one.By.Select(step => (JsonNode)step)]),
                    ["others"] = one.Others,
                })]),
                ["notUnderstood"] = new JsonArray([.. report.NotUnderstood.Select(one => (JsonNode)one)]),
                ["otherPrograms"] = new JsonArray([.. report.Others.Select(one => (JsonNode)one)]),
            });
            return;
        }
        foreach (var one in report.Differences)
        {
            Console.WriteLine($"{PacketText.Of(one.Packet)}{(one.Others > 0 ? $", and {one.Others} more parts like it" : "")}");
            Console.WriteLine($"  {one.Situation}");
            Console.WriteLine($"  decided: {one.Decided}{(one.Origin is { } origin ? $" by {origin}" : "")}");
            Console.WriteLine($"  kernel:  {one.Does}");
            foreach (var step in one.By)
            {
                Console.WriteLine($"    {step}");
            }
        }
        foreach (var sentence in report.NotUnderstood)
        {
            Console.WriteLine($"not understood: {sentence}");
        }
        foreach (var sentence in report.Others)
        {
            Console.WriteLine($"not proven: {sentence}");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(report.IsEqual ? "equal" : $"{report.Differences.Count} difference{(report.Differences.Count == 1 ? "" : "s")}")}: {report.Elements} elements, {report.Rules} rules and {report.Routes} routes of the kernel, in {report.Situations} situations, against decision {revision}"));
    }
}
