using System.CommandLine;
using Grpc.Core;
using Waymark.Cli.Display;

namespace Waymark.Cli.Commands;

/// <summary>Looking at what there is.</summary>
internal static class GetCommands
{
    public static Command Get() => new("get", "Shows paths, what other programs say of them, policies, rules, requesters, peers, conflicts, or policies that could not be resolved.")
    {
        new Command("paths", "Every path with what is known of it.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Paths.ListPathsAsync(new() { CountFlows = true }, cancellationToken: cancellationToken);
            Show(parse, answer, parse.IsWide() ? WidePaths.Write : Tables.WritePaths);
            return ExitCodes.Done;
        }),
        new Command("characteristics", "What other programs say of paths ('waymark characteristic set'), for how long, and whether decisions see it.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Characteristics.ListCharacteristicsAsync(new(), cancellationToken: cancellationToken);
            Show(parse, answer, Tables.WriteCharacteristics);
            return ExitCodes.Done;
        }),
        new Command("policies", "Every policy, how it stands, and which paths its flows take.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
            Show(parse, answer, Tables.WritePolicies);
            return ExitCodes.Done;
        }),
        new Command("rules", "The filter rules in order: which flows belong to which class.").Asks(async (client, parse, cancellationToken) =>
        {
            using var stream = client.Decisions.ListFilterRules(new(), cancellationToken: cancellationToken);
            await foreach (var answer in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                Show(parse, answer, Tables.WriteRules);
            }
            return ExitCodes.Done;
        }),
        new Command("requesters", "Who may ask for policies.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
            Show(parse, answer, Tables.WriteRequesters);
            return ExitCodes.Done;
        }),
        new Command("peers", "The other nodes of the node file: whether they are connected, what is asked of them and what they ask, and what became of it.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Peers.ListPeersAsync(new(), cancellationToken: cancellationToken);
            Show(parse, answer, PeerTable.Write);
            return ExitCodes.Done;
        }),
        Conflicts(),
        new Command("unresolved", "Policies that are elected but could not be met, and why; exit 4 if there are any.").Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
            Show(parse, answer, shown => Tables.WriteUnresolved(shown.Unresolved));
            return answer.Unresolved.Count > 0 ? ExitCodes.Unresolved : ExitCodes.Done;
        }),
    };

    private static Command Conflicts()
    {
        var most = new Option<int>("--most") { Description = "How many are told, worst first.", DefaultValueFactory = _ => 200 };
        most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("'--most' is a number from 1");
            }
        });
        return new Command("conflicts", "Policies, of whomever, that contradict, hide or repeat each other: which goes first, and for which flows.") { most }.Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Policies.ListConflictsAsync(new() { Most = (uint)parse.GetValue(most) }, cancellationToken: cancellationToken);
            Show(parse, answer, ConflictTable.Write);
            return ExitCodes.Done;
        });
    }

    private static void Show<T>(ParseResult parse, T answer, Action<T> table)
        where T : Google.Protobuf.IMessage
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
            return;
        }
        table(answer);
    }
}
