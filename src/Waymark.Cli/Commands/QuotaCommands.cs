using System.CommandLine;
using System.Globalization;
using Waymark.Cli.Display;
using Waymark.Units;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>What paths have carried in their billing periods.</summary>
internal static class QuotaCommands
{
    public static Command Quota()
    {
        var command = new Command("quota", "How every quota and tariff of the node file stands: what is used, what is left, until when, and what the next byte costs.") { Set() };
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Quotas.ListQuotasAsync(new(), cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                QuotaTable.Write(answer);
            }
            return ExitCodes.Done;
        });
    }

    private static Command Set()
    {
        var path = new Argument<string>("path") { Description = "Its name ('waymark quota' lists them)." };
        var used = new Argument<string[]>("used") { Description = "How much, as in '12 GB'.", Arity = new(1, 2) };
        var per = new Option<string?>("--per") { Description = "Of which period, where a path has a quota in several.", HelpName = "day|week|month" };
        per.AcceptOnlyFromAmong("day", "week", "month");
        var command = new Command("set", "Says how much of a path was used in the period so far, for what this node could not count.") { path, used, per };
        return command.Asks(async (client, parse, cancellationToken) =>
        {
            var words = string.Join(' ', parse.GetValue(used)!);
            if (BytesOf(words) is not { } bytes)
            {
                Invocation.Fail($"'{words}' is no amount of data: write for example 'waymark quota set {parse.GetValue(path)} 12 GB'");
                return ExitCodes.BadInput;
            }
            var request = new V1.SetUsedRequest
            {
                Path = parse.GetValue(path)!,
                UsedBytes = bytes,
                Unit = parse.GetValue(per) switch
                {
                    "day" => V1.BillingUnit.Day,
                    "week" => V1.BillingUnit.Week,
                    "month" => V1.BillingUnit.Month,
                    _ => V1.BillingUnit.Unspecified,
                },
            };
            var answer = await client.Quotas.SetUsedAsync(request, cancellationToken: cancellationToken);
            if (parse.IsJson())
            {
                Invocation.WriteJson(answer);
            }
            else
            {
                Console.WriteLine($"{answer.Quota.Path}: {QuotaTable.Volume(answer.Quota.UsedBytes)} used until now, {QuotaTable.Left(answer.Quota)} left until {QuotaTable.Date(answer.Quota.Until)}");
            }
            return ExitCodes.Done;
        });
    }

    /// <summary>Whole bytes; null where it is no amount of data, or more than can be counted.</summary>
    internal static ulong? BytesOf(string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) || count > long.MaxValue)
        {
            return null;
        }
        var word = text[digits..].Trim();
        var factor = word.Length == 0 ? 1 : Unit.TryFind(word, out var unit) && unit.Dimension == Dimension.Volume ? unit.Factor : 0;
        return factor > 0 && count <= long.MaxValue / factor ? (ulong)(count * factor) : null;
    }
}
