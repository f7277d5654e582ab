using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Waymark.Cli.PacketFiles;
using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.PacketClassification;
using Waymark.PacketClassification;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Cli.Commands;

/// <summary>Which policy of a file decides each of many packets.</summary>
internal static class ClassifyCommand
{
    /// <summary>How many lines that are no packets, or to which the kernel gives no answer, are told one by one; the rest is counted.</summary>
    private const int MostTold = 20;

    private const string NoRight = "asking the kernel takes the right to make a network namespace and to filter and send there (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW): run it as root, or behind 'unshare --user --map-root-user' where the system lets users do that";

    public static Command Classify()
    {
        var file = new Argument<string>("file") { Description = "The policies: in the language, '.json', or '-'." };
        var packets = new Option<string>("--packets") { Description = $"The packets, one a line ('-': the standard input): {PacketLine.Header}.", Required = true, HelpName = "file.csv" };
        var by = new Option<string>("--by") { Description = "How they are found: by 'lookup' in an index; 'naive', one policy after the other; 'compiled', as the kernel's chains and maps find them, executed here; 'kernel', by this kernel, which is handed each of the packets in a network namespace of its own.", DefaultValueFactory = _ => "lookup" };
        by.AcceptOnlyFromAmong("lookup", "naive", "compiled", "kernel");
        var command = new Command("classify", "Prints for each packet the policy that decides it while every condition holds: its place in the file, from 1, or '-'; '?' where the kernel is asked and does not send such a packet. Needs no daemon.") { file, packets, by };
        command.SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, parse.GetValue(file)!, parse.GetValue(packets)!, parse.GetValue(by)!, cancellationToken)));
        return command;
    }

    private static int Run(ParseResult parse, string file, string packets, string by, CancellationToken cancellationToken)
    {
        if (PolicySource.Read(file) is not { } source)
        {
            return ExitCodes.BadInput;
        }
        if (source.Set is null)
        {
            Invocation.Write(source.Diagnostics, source.Text);
            return ExitCodes.BadInput;
        }
        try
        {
            using var reader = packets == "-" ? new(Console.OpenStandardInput()) : new System.IO.StreamReader(packets);
            using var output = new System.IO.StreamWriter(Console.OpenStandardOutput()) { NewLine = "\n" };
            return Classify(source.Set, reader, packets, output, Console.Error, by, parse.IsJson(), cancellationToken);
        }
        catch (NetlinkException refused)
        {
            Invocation.Fail(refused.Error == NetlinkException.NotPermitted ? NoRight : refused.Message);
            return ExitCodes.Failed;
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            Invocation.Fail(unreadable.Message);
            return ExitCodes.BadInput;
        }
    }

    /// <summary>Reads packets line by line, however many, and writes the answer to each; mistakes and the rate go to <paramref name="errors"/>. The exit code.</summary>
    internal static int Classify(
        PolicySet set, System.IO.TextReader packets, string name, System.IO.TextWriter output, System.IO.TextWriter errors, string by, bool isJson, CancellationToken cancellationToken)
    {
        // What is to be enforced elsewhere decides nothing here.
        var merged = PolicyMerge.Merge([new(new Requester("root", 0), name, set, DateTimeOffset.UnixEpoch, [])], NodeNames.None).Policies.Where(policy => policy.Policy.Target is Target.Local).ToList();
        foreach (var policy in merged)
        {
            foreach (var problem in policy.Flows.Problems)
            {
                errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"policy {policy.Origin.Index} is passed over: {problem}"));
            }
        }
        FlowSelector[] selectors = [.. merged.Select(policy => policy.Flows.Selector)];
        using var kernel = by == "kernel" ? KernelClassifier.Of(selectors) : null;
        var compiled = by == "compiled" ? CompiledClassification.Of(selectors) : null;
        var index = by == "lookup" ? PacketClassifier.Of(selectors) : null;
        var noAnswer = "";
        Func<Packet, int?> find = by switch
        {
            "kernel" => packet => kernel!.Find(packet, out noAnswer),
            "compiled" => packet => compiled!.Find(packet),
            "naive" => packet => Array.FindIndex(selectors, one => one.Matches(packet)),
            _ => packet => index!.Find(packet),
        };
        foreach (var (policy, reason) in kernel?.Refused ?? compiled?.Refused ?? [])
        {
            errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"policy {merged[policy].Origin.Index} is passed over: {reason}"));
        }
        var (number, classified, unsent, mistakes, spent) = (0, 0, 0, 0, 0L);
        while (PacketLine.ReadText(packets, cancellationToken) is { } line)
        {
            number++;
            if (line.Length == 0 || (number == 1 && PacketLine.IsHeader(line)))
            {
                continue;
            }
            if (PacketLine.TryRead(line, out var mistake) is not { } packet)
            {
                if (mistakes++ < MostTold)
                {
                    errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}:{number}: {mistake}"));
                }
                continue;
            }
            var start = Stopwatch.GetTimestamp();
            var found = find(packet);
            spent += Stopwatch.GetTimestamp() - start;
            classified++;
            if (found is null && unsent++ < MostTold)
            {
                errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}:{number}: not answered: {noAnswer}"));
            }
            Write(output, isJson, number, found is >= 0 and var place ? merged[place].Origin : null, isSent: found is not null);
        }
        output.Flush();
        errors.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{classified} packets against {merged.Count} policies{(classified == 0 ? "" : $", {classified * (double)Stopwatch.Frequency / spent:0} a second")}{(unsent == 0 ? "" : $"; {unsent} that the kernel does not send or track")}{(mistakes == 0 ? "" : $"; lines that are no packets: {mistakes}")}"));
        return mistakes == 0 ? ExitCodes.Done : ExitCodes.BadInput;
    }

    private static void Write(System.IO.TextWriter output, bool isJson, int line, PolicyOrigin? origin, bool isSent)
    {
        if (!isJson)
        {
            output.WriteLine(origin?.Index.ToString(CultureInfo.InvariantCulture) ?? (isSent ? "-" : "?"));
            return;
        }
        var answer = new JsonObject { ["line"] = line, ["policy"] = origin?.Index, ["name"] = origin?.Policy };
        if (!isSent)
        {
            answer["sent"] = false;
        }
        output.WriteLine(answer.ToJsonString());
    }
}
