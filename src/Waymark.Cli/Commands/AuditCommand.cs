using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Spectre.Console;
using Waymark.Cli.Display;
using Waymark.Exchange;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>Who asked for what.</summary>
internal static class AuditCommand
{
    public static Command Audit()
    {
        var most = new Option<uint>("--most") { Description = "How many of the newest; at most 10000.", HelpName = "number", DefaultValueFactory = _ => 100 };
        var requester = new Option<string>("--requester") { Description = "Those of one requester alone.", HelpName = "name", DefaultValueFactory = _ => "" };
        var outcome = new Option<string>("--outcome") { Description = "Those of one outcome alone.", HelpName = "accepted|refused|expired|reverted" };
        outcome.AcceptOnlyFromAmong("accepted", "refused", "expired", "reverted");
        return new Command("audit", "Who asked for what, from where, and what came of it; newest last. For who may administer the node.") { most, requester, outcome }.Asks(async (client, parse, cancellationToken) =>
        {
            using var call = client.Audit.ListAuditRecords(
                new() { Most = parse.GetValue(most), Requester = parse.GetValue(requester)!, Outcome = parse.GetValue(outcome) is { } word ? Enum.Parse<V1.AuditOutcome>(word, ignoreCase: true) : V1.AuditOutcome.Unspecified },
                cancellationToken: cancellationToken);
            var table = Tables.Columns("TIME", "REQUESTER", "FROM", "REQUEST", "OF", "OUTCOME", "");
            await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                foreach (var record in answer.Records)
                {
                    if (parse.IsJson())
                    {
                        Invocation.WriteJson(record);
                        continue;
                    }
                    table.AddRow(Cells(record));
                }
            }
            if (!parse.IsJson())
            {
                Invocation.Console.Write(table);
            }
            return ExitCodes.Done;
        });
    }

    /// <summary>What others wrote stands in it as it can stand in a line.</summary>
    private static Text[] Cells(V1.AuditRecord record)
    {
        var detail = ForeignText.Show(record.Detail, int.MaxValue) + (record.Repeated > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({record.Repeated} more alike)") : "");
        return
        [
            new(record.At.ToDateTime().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)), new(Or(record.Requester)), new(Or(record.From)), new(Or(record.Request)), new(Or(record.Subject)),
            new(record.Outcome.ToString().ToLowerInvariant(), new(record.Outcome == V1.AuditOutcome.Refused ? Color.Red : Color.Default)), new(detail),
        ];
    }

    private static string Or(string text) => text.Length == 0 ? "-" : ForeignText.Show(text);
}
