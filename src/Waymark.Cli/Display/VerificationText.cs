using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Waymark.Exchange;
using Waymark.Linux.Verification;

namespace Waymark.Cli.Display;

/// <summary>What a verification found, for people and programs. Names of chains, sets and devices may be anybody's: what a terminal would obey is not written.</summary>
internal static class VerificationText
{
    /// <summary>As long as a sentence about rules gets.</summary>
    private const int Longest = 600;

    /// <summary>Writes a report in the form that the command line wants; the exit code that it means.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="report">The report.</param>
    /// <param name="against">What the kernel was held to, in words.</param>
    /// <param name="revision">The number of that decision; null: it has none.</param>
    public static int Write(ParseResult parse, VerificationReport report, string against, ulong? revision)
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
            return ExitOf(report);
        }
        foreach (var one in report.Differences)
        {
            Console.WriteLine($"{PacketText.Of(one.Packet)}{(one.Others > 0 ? $", and {one.Others} more parts like it" : "")}");
            Console.WriteLine($"  {one.Situation}");
            Console.WriteLine($"  decided: {one.Decided}{(one.Origin is { } origin ? $" by {origin}" : "")}");
            Console.WriteLine($"  kernel:  {Plain(one.Does)}");
            foreach (var step in one.By)
            {
                Console.WriteLine($"    {Plain(step)}");
            }
        }
        foreach (var sentence in report.NotUnderstood)
        {
            Console.WriteLine($"not understood: {Plain(sentence)}");
        }
        foreach (var sentence in report.Others)
        {
            Console.WriteLine($"not proven: {Plain(sentence)}");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(report.IsEqual ? "equal" : $"{report.Differences.Count} difference{(report.Differences.Count == 1 ? "" : "s")}")}: {report.Elements} elements, {report.Rules} rules and {report.Routes} routes of the kernel, in {report.Situations} situations, against {against}"));
        return ExitOf(report);
    }

    private static int ExitOf(VerificationReport report) => report.IsEqual ? ExitCodes.Done : ExitCodes.Unresolved;

    private static string Plain(string sentence) => ForeignText.Show(sentence, Longest);
}
