using System.CommandLine;
using System.CommandLine.Completions;
using Google.Protobuf.WellKnownTypes;
using Waymark.Cli.Display;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>Handing in policy sets and taking them back.</summary>
internal static class PolicyCommands
{
    public static Command Apply()
    {
        var (file, name, within) = (File(), Name(), ConfirmWithin());
        var connected = new Option<bool>("--while-connected") { Description = "In force only while this command runs and the node hears of it; Ctrl-C takes it back." };
        var grace = DurationOption("--grace", "With --while-connected: for how long the set stays when the connection has ended, to be held on by another: 10s, at most 5min.");
        var command = new Command("apply", "Puts a policy set in force, in place of the one of its name: all of it or nothing.") { file, name, within, connected, grace };
        command.Validators.Add(result =>
        {
            if (result.GetValue(connected) && result.GetValue(within) is not null)
            {
                result.AddError("what is in force '--while-connected' goes with the connection, and there is nothing to confirm: leave '--confirm-within' out");
            }
            else if (!result.GetValue(connected) && result.GetValue(grace) is not null)
            {
                result.AddError("'--grace' belongs to '--while-connected'");
            }
        });
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            if (PolicySource.Read(parse.GetValue(file)!) is not { } source)
            {
                return ExitCodes.BadInput;
            }
            Invocation.Write(source.Diagnostics, source.Text);
            if (source.Set is null)
            {
                return ExitCodes.BadInput;
            }
            var set = parse.GetValue(name) ?? source.Name;
            if (parse.GetValue(connected))
            {
                var hold = new V1.HoldRequest { Name = set, PolicySet = PolicySetTranslation.ToWire(source.Set, withPlaces: true), Grace = LengthOf(parse, grace), Lease = NodeClient.NewId() };
                return await new HeldSet(client, hold, TimeProvider.System, answer => Tell(parse, set, answer)).HoldAsync(cancellationToken);
            }
            var request = new V1.ApplyRequest
            {
                Name = set,
                PolicySet = PolicySetTranslation.ToWire(source.Set, withPlaces: true),
                ConfirmWithin = LengthOf(parse, within),
                Submission = NodeClient.NewId(),
            };
            var answer = await client.SubmitAsync(() => client.Policies.ApplyAsync(request, cancellationToken: cancellationToken), cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                Tell(set, answer, "'waymark undo' takes it back.");
            }
            return answer.Unresolved.Count > 0 ? ExitCodes.Unresolved : ExitCodes.Done;
        });
    }

    public static Command Plan()
    {
        var (file, name) = (File(), Name());
        var command = new Command("plan", "Says what 'apply' of the same file would change, and changes nothing.") { file, name };
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            if (PolicySource.Read(parse.GetValue(file)!) is not { } source)
            {
                return ExitCodes.BadInput;
            }
            Invocation.Write(source.Diagnostics, source.Text);
            if (source.Set is null)
            {
                return ExitCodes.BadInput;
            }
            var answer = await client.Policies.PlanAsync(
                new() { Name = parse.GetValue(name) ?? source.Name, PolicySet = PolicySetTranslation.ToWire(source.Set, withPlaces: true) }, cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                var paths = await client.Paths.ListPathsAsync(new(), cancellationToken: cancellationToken);
                var names = paths.Paths.ToDictionary(path => path.Id, path => path.Name, StringComparer.Ordinal);
                Tables.WritePlan(answer, id => names.GetValueOrDefault(id, id));
            }
            return answer.Unresolved.Count > 0 ? ExitCodes.Unresolved : ExitCodes.Done;
        });
    }

    public static Command Withdraw()
    {
        var name = new Argument<string>("set") { Description = "The set's name ('waymark get policies' lists them)." };
        name.CompletionSources.Add(_ => Completions.Sets().Select(set => new CompletionItem(set)));
        var requester = new Option<string?>("--requester") { Description = "Whose set it is; yours where it is not given." };
        var within = ConfirmWithin();
        var command = new Command("withdraw", "Takes a policy set back.") { name, requester, within };
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            var request = new V1.WithdrawRequest { Name = parse.GetValue(name)!, Requester = parse.GetValue(requester) ?? "", ConfirmWithin = LengthOf(parse, within), Submission = NodeClient.NewId() };
            var answer = await client.SubmitAsync(() => client.Policies.WithdrawAsync(request, cancellationToken: cancellationToken), cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                // What can be undone is whose set it was to undo.
                Console.WriteLine($"{parse.GetValue(name)}: withdrawn (revision {answer.Revision}). {(answer.WasHeld ? "It was held by a connection." : parse.GetValue(requester) is { } other ? $"A 'waymark undo' of '{other}' puts it back." : "'waymark undo' puts it back.")}");
                Tell(answer.ConfirmBy);
            }
            return ExitCodes.Done;
        });
    }

    public static Command Undo()
    {
        var within = ConfirmWithin();
        return new Command("undo", "Takes back your last accepted change (apply, withdraw), or puts in force again what you did not confirm in time; again goes one change further back.") { within }.Asks(async (client, parse, cancellationToken) =>
        {
            var request = new V1.UndoRequest { ConfirmWithin = LengthOf(parse, within), Submission = NodeClient.NewId() };
            var answer = await client.SubmitAsync(() => client.Policies.UndoAsync(request, cancellationToken: cancellationToken), cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                Console.WriteLine($"{answer.Name}: {(answer.IsInForce ? "in force as it was before" : "no longer in force, as before")} (revision {answer.Revision})");
                Tell(answer.ConfirmBy);
            }
            return ExitCodes.Done;
        });
    }

    public static Command Confirm() => new Command("confirm", "Has your changes stand that would be taken back otherwise ('--confirm-within', or 'confirm within' in the node file).").Asks(async (client, parse, cancellationToken) =>
    {
        var request = new V1.ConfirmRequest { Submission = NodeClient.NewId() };
        var answer = await client.SubmitAsync(() => client.Policies.ConfirmAsync(request, cancellationToken: cancellationToken), cancellationToken);
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
        }
        else
        {
            Console.WriteLine($"{string.Join(", ", answer.Sets.Select(one => one.Name))}: confirmed");
        }
        return ExitCodes.Done;
    });

    private static void Tell(ParseResult parse, string set, V1.HoldResponse answer)
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
            return;
        }
        Tell(set, answer.Applied, "Held while this command runs; Ctrl-C takes it back.");
    }

    private static void Tell(string set, V1.ApplyResponse answer, string mend)
    {
        Console.WriteLine(answer.WasUnchanged ? $"{set}: unchanged, in force (revision {answer.Revision})"
            : $"{set}: in force (revision {answer.Revision}); {answer.Standings.Count(one => one.Standing == V1.Standing.InForce)} of {answer.Standings.Count} policies in force. {mend}");
        Tell(answer.ConfirmBy);
        Tables.WriteUnresolved(answer.Unresolved);
        ConflictTable.Write(answer.Conflicts);
    }

    private static void Tell(Timestamp? confirmBy)
    {
        if (confirmBy is not null)
        {
            Console.WriteLine($"Taken back at {WireText.TimeOfDay(confirmBy)} unless you say 'waymark confirm' before.");
        }
    }

    private static Option<string?> ConfirmWithin() => DurationOption("--confirm-within", "What was before returns unless you say 'waymark confirm' in this time: 60s, 5min.");

    private static Option<string?> DurationOption(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "duration" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && NodeCommands.DurationOf(text) is null)
            {
                result.AddError($"'{text}' is no duration: write for example '{name} 60s'");
            }
        });
        return option;
    }

    private static Duration? LengthOf(ParseResult parse, Option<string?> option) => parse.GetValue(option) is { } text ? Duration.FromTimeSpan(NodeCommands.DurationOf(text)!.Value) : null;

    private static Option<string> File() => new("--file", "-f") { Description = "The policy file, in the language or in JSON; - for the standard input.", Required = true };

    private static Option<string?> Name() => new("--name") { Description = "What the set is called; the file's name where it is not given." };
}
