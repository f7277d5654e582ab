using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Waymark.Cli.PacketFiles;
using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.PacketClassification;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Cli.Commands;

/// <summary>Which policy of a file decides each of many packets.</summary>
internal static class ClassifyCommand
{
    /// <summary>How many lines that are no packets are told one by one; the rest is counted.</summary>
    private const int MostMistakes = 20;

    public static Command Classify()
    {
        var file = new Argument<string>("file") { Description = "The policies: in the language, '.json', or '-'." };
        var packets = new Option<string>("--packets") { Description = $"The packets, one a line ('-': the standard input): {PacketLine.Header}.", Required = true, HelpName = "file.csv" };
        var by = new Option<string>("--by") { Description = "How they are found: by 'lookup' in an index; 'naive', one policy after the other; 'compiled', as the kernel's chains and maps find them, executed here.", DefaultValueFactory = _ => "lookup" };
        by.AcceptOnlyFromAmong("lookup", "naive", "compiled");
        var command = new Command("classify", "Prints for each packet the policy that decides it while every condition holds: its place in the file, from 1, or '-'. Needs no daemon.") { file, packets, by };
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
        Func<Packet, int> find = by switch
        {
            "naive" => packet => Array.FindIndex(selectors, one => one.Matches(packet)),
            "compiled" => Compiled(merged, errors),
            _ => PacketClassifier.Of(selectors).Find,
        };
        var (number, classified, mistakes, spent) = (0, 0, 0, 0L);
        while (PacketLine.ReadText(packets, cancellationToken) is { } line)
        {
            number++;
            if (line.Length == 0 || (number == 1 && PacketLine.IsHeader(line)))
            {
                continue;
            }
            if (PacketLine.TryRead(line, out var mistake) is not { } packet)
            {
                if (mistakes++ < MostMistakes)
                {
                    errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}:{number}: {mistake}"));
                }
                continue;
            }
            var start = Stopwatch.GetTimestamp();
            var found = find(packet);
            spent += Stopwatch.GetTimestamp() - start;
            classified++;
            Write(output, isJson, number, found < 0 ? null : merged[found].Origin);
        }
        output.Flush();
        errors.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{classified} packets against {merged.Count} policies{(classified == 0 ? "" : $", {classified * (double)Stopwatch.Frequency / spent:0} a second")}{(mistakes == 0 ? "" : $"; lines that are no packets: {mistakes}")}"));
        return mistakes == 0 ? ExitCodes.Done : ExitCodes.BadInput;
    }

    /// <summary>Executes the chains and maps that the kernel would hold, a class for each policy.</summary>
    private static Func<Packet, int> Compiled(List<MergedPolicy> policies, System.IO.TextWriter errors)
    {
        var compiled = CompiledClassification.Of([.. policies.Select(policy => policy.Flows.Selector)]);
        foreach (var (policy, reason) in compiled.Refused)
        {
            errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"policy {policies[policy].Origin.Index} is passed over: {reason}"));
        }
        return compiled.Find;
    }

    private static void Write(System.IO.TextWriter output, bool isJson, int line, PolicyOrigin? origin) => output.WriteLine(isJson
        ? new JsonObject { ["line"] = line, ["policy"] = origin?.Index, ["name"] = origin?.Policy }.ToJsonString()
        : origin?.Index.ToString(CultureInfo.InvariantCulture) ?? "-");
}
