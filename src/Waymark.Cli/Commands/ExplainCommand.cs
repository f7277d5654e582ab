using System.CommandLine;
using System.Text.RegularExpressions;
using Waymark.Cli.Display;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Cli.Commands;

/// <summary>Why a flow takes its path.</summary>
internal static partial class ExplainCommand
{
    public static Command Explain()
    {
        var flow = new Argument<string[]>("flow") { Description = "A flow in the policy language, for example: tcp peer 203.0.113.7 port 443", Arity = ArgumentArity.ZeroOrMore };
        var pid = new Option<int?>("--pid") { Description = "The connections of this process instead." };
        var command = new Command("explain", "Says which policy decides a flow, why this path and no other, and what the kernel itself would do; exit 4 if that differs.") { flow, pid };
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            var words = string.Join(' ', parse.GetValue(flow)!);
            if (parse.GetValue(pid) is { } id)
            {
                if (words.Length > 0)
                {
                    Invocation.Fail("'--pid N' asks for a process's connections: leave the flow out, or '--pid'");
                    return ExitCodes.BadInput;
                }
                return await ExplainProcessAsync(client, parse, id, cancellationToken);
            }
            if (words.Length == 0)
            {
                Invocation.Fail("say which flow, for example 'waymark explain tcp peer 203.0.113.7 port 443', or '--pid N' for a process's connections");
                return ExitCodes.BadInput;
            }
            return await ExplainAsync(client, parse, words, cancellationToken);
        });
    }

    /// <summary>A mend for the command line: the shell takes one pair of quotes away, so that what is to reach the language in quotes stands in two.</summary>
    internal static string ForShell(string mend) => Quoted().Replace(mend, found => $"{found.Groups[1].Value}'\"{found.Groups[2].Value}{found.Groups[3].Value}\"'");

    /// <summary>A string, also at the end of something in single quotes, which cannot hold those of the shell.</summary>
    [GeneratedRegex("'([^'\"]*)\"([^\"]*)\"'|\"([^\"]*)\"")]
    private static partial Regex Quoted();

    private static async Task<int> ExplainAsync(NodeClient client, ParseResult parse, string words, CancellationToken cancellationToken)
    {
        if (PolicyLanguage.ParseFlows(words, "flow", out var diagnostics) is not { } flows)
        {
            Invocation.Write(diagnostics.Select(one => one with { Mend = one.Mend is { } mend ? ForShell(mend) : null }), words);
            return ExitCodes.BadInput;
        }
        var code = ExitCodes.Done;
        foreach (var flow in flows.ToArray())
        {
            var answer = await client.Decisions.ExplainAsync(new() { Flow = FlowTranslation.ToWire(flow) }, cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                ExplanationText.Write(answer);
            }
            code = answer.Explanations.Any(one => one.Kernel is { Agrees: false }) ? ExitCodes.Unresolved : code;
        }
        return code;
    }

    private static async Task<int> ExplainProcessAsync(NodeClient client, ParseResult parse, int id, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> flows;
        try
        {
            flows = ProcessConnections.Of(id);
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            Invocation.Fail($"cannot look into process {id}: {unreadable.Message}");
            return ExitCodes.Failed;
        }
        if (flows.Count == 0)
        {
            Console.WriteLine($"process {id} has no connection at the moment");
            return ExitCodes.Done;
        }
        var code = ExitCodes.Done;
        foreach (var one in flows)
        {
            if (!parse.IsJson())
            {
                Console.WriteLine($"# {one}");
            }
            code = Math.Max(code, await ExplainAsync(client, parse, one, cancellationToken));
        }
        return code;
    }
}
