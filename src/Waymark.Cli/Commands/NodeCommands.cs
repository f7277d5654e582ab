using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Waymark.Cli.Display;
using Waymark.Exchange.Wire;
using Waymark.Units;

namespace Waymark.Cli.Commands;

/// <summary>The node as a whole: status, reload, paths in and out of use.</summary>
internal static class NodeCommands
{
    public static Command Status() => new Command("status", "How the daemon fares, and whether the kernel follows it.").Asks(async (client, parse, cancellationToken) =>
    {
        var answer = await client.Node.GetStatusAsync(new(), cancellationToken: cancellationToken);
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
        }
        else
        {
            Tables.WriteStatus(answer);
        }
        return answer.KernelState == Exchange.Wire.V1.KernelState.Failed ? ExitCodes.Failed : ExitCodes.Done;
    });

    public static Command Reload() => new Command("reload", "Has the daemon read the node file and the policy directory again; a file with mistakes changes nothing.").Asks(async (client, parse, cancellationToken) =>
    {
        var answer = await client.Node.ReloadAsync(new(), cancellationToken: cancellationToken);
        Invocation.Write(answer.Diagnostics.Select(DecisionTranslation.ToCore), text: null);
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
        }
        else
        {
            Console.WriteLine($"read {(answer.Sets.Count == 0 ? "no policy file" : string.Join(", ", answer.Sets))} (revision {answer.Revision})");
        }
        return ExitCodes.Done;
    });

    public static Command Path()
    {
        var name = new Argument<string>("path") { Description = "Its name or id ('waymark get paths' lists them)." };
        name.CompletionSources.Add(_ => Completions.Paths().Select(path => new CompletionItem(path)));
        var duration = new Argument<string[]>("for") { Description = "for DURATION, as in 'for 10 min'.", Arity = new(0, 3) };
        var disable = new Command("disable", "Takes a path out of use: its flows leave it.") { name, duration };
        disable.Asks(async (client, parse, cancellationToken) =>
        {
            var words = string.Join(' ', parse.GetValue(duration)!);
            Duration? length = null;
            if (words.Length > 0)
            {
                if (!words.StartsWith("for ", StringComparison.Ordinal) || DurationOf(words[4..]) is not { } time)
                {
                    Invocation.Fail($"'{words}' is no duration: write for example 'waymark path disable {parse.GetValue(name)} for 10 min'");
                    return ExitCodes.BadInput;
                }
                length = Duration.FromTimeSpan(time);
            }
            var answer = await client.Paths.DisablePathAsync(new() { Path = parse.GetValue(name)!, Duration = length }, cancellationToken: cancellationToken);
            Say(parse, answer, $"{answer.Path.Name}: out of use{(length is null ? "; 'waymark path enable' puts it back" : " for " + words[4..])} (revision {answer.Revision})");
            return ExitCodes.Done;
        });
        var enable = new Command("enable", "Puts a path into use again.") { name };
        enable.Asks(async (client, parse, cancellationToken) =>
        {
            var answer = await client.Paths.EnablePathAsync(new() { Path = parse.GetValue(name)! }, cancellationToken: cancellationToken);
            Say(parse, answer, $"{answer.Path.Name}: in use (revision {answer.Revision})");
            return ExitCodes.Done;
        });
        return new("path", "Takes a path out of use, or puts it back.") { disable, enable };
    }

    private static void Say(ParseResult parse, Google.Protobuf.IMessage answer, string sentence)
    {
        if (parse.IsJson())
        {
            Invocation.WriteJson(answer);
            return;
        }
        Console.WriteLine(sentence);
    }

    internal static TimeSpan? DurationOf(string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        return decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && Unit.TryFind(text[digits..].Trim(), out var unit) && unit.Dimension == Dimension.Duration && count * unit.Factor is > 0 and < 1_000_000_000
            ? TimeSpan.FromSeconds((double)(count * unit.Factor)) : null;
    }
}
