using System.CommandLine;
using System.IO;
using Waymark.Cli.Display;
using Waymark.Exchange.NodeCalls;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Verification;
using Waymark.Nodes;

namespace Waymark.Cli.Commands;

/// <summary>Holds the running kernel, or what was saved of one, to the decision, over the whole packet space.</summary>
internal static class VerifyCommand
{
    /// <summary>How often it is looked again where something differs: a decision that has just changed is not yet in the kernel.</summary>
    private const int MostLooks = 3;

    /// <summary>More than the largest ruleset that a node has.</summary>
    private const int MostBytes = 256 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private static readonly Option<string?> Node =
        new("--node") { Description = $"The node file, for the numbers and interfaces that it names; else {NodeFile.UsualPlace} where there is one.", HelpName = "file" };

    private static readonly Option<int> Most = new("--most") { Description = "How many different differences are told.", DefaultValueFactory = _ => 20 };

    private static readonly Option<string?> Ruleset =
        new("--ruleset") { Description = "In place of the running kernel what 'nft list ruleset' printed, with or without -j; needs --routing4 and --routing6, and no root.", HelpName = "file" };

    private static readonly Option<string?> Routing4 = Routing(4), Routing6 = Routing(6);

    private static readonly Option<string?> Recorded =
        new("--recording") { Description = "In place of the daemon's decision the last one that 'waymarkd --record FILE' wrote; needs --ruleset, and no daemon.", HelpName = "file" };

    public static Command Verify()
    {
        Most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("'--most' is a number from 1");
            }
        });
        var command = new Command(
            "verify",
            "Reads rules and routes back from the kernel, or from what was saved of one, compares what they do with every packet with what was decided, and names a packet for each difference; exit 4 if there is any. "
                + "The kernel's own need root.")
        {
            Node,
            Most,
            Ruleset,
            Routing4,
            Routing6,
            Recorded,
        };
        command.Validators.Add(result =>
        {
            var isSaved = result.GetValue(Ruleset) is not null;
            if (isSaved != result.GetValue(Routing4) is not null || isSaved != result.GetValue(Routing6) is not null)
            {
                result.AddError("'--ruleset', '--routing4' and '--routing6' are given together: where routes lead, and what is connected, stands in no ruleset");
            }
            else if (!isSaved && result.GetValue(Recorded) is not null)
            {
                result.AddError("'--recording' is of another moment than the running kernel: give the '--ruleset', '--routing4' and '--routing6' of its moment");
            }
        });
        command.SetAction((parse, cancellationToken) =>
        {
            var file = parse.GetValue(Node) ?? (File.Exists(NodeFile.UsualPlace) ? NodeFile.UsualPlace : null);
            return ReadNode(file) is not { } node ? Task.FromResult(ExitCodes.BadInput)
                : parse.GetValue(Ruleset) is { } ruleset ? SavedAsync(parse, node, ruleset, cancellationToken)
                : Invocation.AskAsync(parse, (client, _, token) => RunningAsync(client, parse, node, token), cancellationToken);
        });
        return command;
    }

    private static Option<string?> Routing(int family) => new($"--routing{family}")
    {
        Description = $"With --ruleset: what 'ip -{family} -N -j rule', 'ip -{family} -N -j route show table all' and 'ip -{family} -N -j address' printed, one after the other.",
        HelpName = "file",
    };

    private static async Task<int> RunningAsync(NodeClient client, ParseResult parse, NodeFile node, CancellationToken cancellationToken)
    {
        if (parse.GetResult(Invocation.Socket) is not { Implicit: false } && parse.GetValue(Invocation.Server) is { } server)
        {
            Invocation.Fail($"the kernel that is asked is this host's, and the decision would be that of {server}: run it there, or save its kernel and give it with --ruleset");
            return ExitCodes.BadInput;
        }
        for (var look = 1; ; look++)
        {
            VerificationReport report;
            ulong revision;
            try
            {
                (var decision, revision) = await DecisionSource.AskAsync(client, node, isHere: true, cancellationToken);
                var territory = Territory.Of(node);
                report = KernelVerification.Verify(KernelState.Read(territory, node.Bypass.ToArray()), decision, territory, parse.GetValue(Most));
            }
            catch (NetlinkException refused)
            {
                Invocation.Fail($"{refused.Message}{(refused.Error == NetlinkException.NotPermitted ? ": run it as root" : "")}");
                return ExitCodes.Failed;
            }
            catch (FormatException unknown)
            {
                return Unknown(unknown);
            }
            // A change that was under way is no difference. What is not understood does not pass.
            if (report.Differences.IsEmpty || look == MostLooks)
            {
                return VerificationText.Write(parse, report, $"decision {revision}", revision);
            }
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>What was saved does not change: it is looked at once.</summary>
    private static async Task<int> SavedAsync(ParseResult parse, NodeFile node, string ruleset, CancellationToken cancellationToken)
    {
        if (Saved(ruleset) is not { } rules || Saved(parse.GetValue(Routing4)!) is not { } routing4 || Saved(parse.GetValue(Routing6)!) is not { } routing6)
        {
            return ExitCodes.BadInput;
        }
        var saved = new SavedKernel(rules, routing4, routing6);
        if (parse.GetValue(Recorded) is not { } recording)
        {
            return await Invocation.AskAsync(parse, async (client, _, token) =>
            {
                try
                {
                    var (decision, revision) = await DecisionSource.AskAsync(client, node, isHere: false, token);
                    return Compare(parse, saved, node, decision, $"decision {revision}", revision);
                }
                catch (FormatException unknown)
                {
                    return Unknown(unknown);
                }
            }, cancellationToken);
        }
        try
        {
            var (decision, at) = DecisionSource.Read(recording, node);
            return Compare(parse, saved, node, decision, $"what was decided at {at:O}", null);
        }
        catch (Exception wrong) when (wrong is FormatException or IOException or UnauthorizedAccessException)
        {
            Invocation.Fail(wrong is FormatException ? $"{recording}: {wrong.Message}" : wrong.Message);
            return ExitCodes.BadInput;
        }
    }

    private static int Compare(ParseResult parse, SavedKernel saved, NodeFile node, VerifiedDecision decision, string decidedBy, ulong? revision)
    {
        var territory = Territory.Of(node);
        KernelState kernel;
        try
        {
            kernel = KernelState.Read(saved, territory, node.Bypass.ToArray(), decision.Cgroups);
        }
        catch (FormatException wrong)
        {
            Invocation.Fail(wrong.Message);
            return ExitCodes.BadInput;
        }
        return VerificationText.Write(parse, KernelVerification.Verify(kernel, decision, territory, parse.GetValue(Most)), decidedBy, revision);
    }

    private static SavedFile? Saved(string file)
    {
        if (PolicySource.ReadBytes(file, MostBytes) is not { } bytes)
        {
            return null;
        }
        if (bytes.Length > MostBytes)
        {
            Invocation.Fail($"{file} has more than {MostBytes >> 20} MiB, and is no ruleset of a node");
            return null;
        }
        return new(file, bytes);
    }

    private static int Unknown(FormatException unknown)
    {
        Invocation.Fail($"the daemon says what this program does not know ({unknown.Message}): use the 'waymark' of its version");
        return ExitCodes.Failed;
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
}
