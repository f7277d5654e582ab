using System.CommandLine;
using System.Text.Json.Nodes;
using Waymark.Exchange.Wire;
using Waymark.Lab.Topologies;
using Waymark.Nodes;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Cli.Commands;

/// <summary>What needs no daemon: check, fmt, convert.</summary>
internal static class TextCommands
{
    public static Command Check()
    {
        var (files, node) = Files();
        var strict = new Option<bool>("--strict") { Description = "Warnings count as errors." };
        var command = new Command("check", "Says what is wrong with policy, node and lab files, and where several policy files contradict each other; changes nothing and needs no daemon.") { files, node, strict };
        command.SetAction(parse =>
        {
            int errors = 0, warnings = 0;
            var all = new List<Diagnostic>();
            void Tell(EquatableArray<Diagnostic> diagnostics, string? text)
            {
                if (!parse.IsJson())
                {
                    Invocation.Write(diagnostics, text);
                }
                all.AddRange(diagnostics);
                errors += diagnostics.Count(one => one.Severity == Severity.Error);
                warnings += diagnostics.Count(one => one.Severity == Severity.Warning);
            }
            var sets = new Dictionary<string, LanguageText>(StringComparer.Ordinal);
            foreach (var file in parse.GetValue(files)!.Distinct(StringComparer.Ordinal))
            {
                if (Read(file, parse.GetValue(node)) is not { } read)
                {
                    return ExitCodes.BadInput;
                }
                Tell(read.Diagnostics, read.Text);
                if (read.Set is not null)
                {
                    sets.Add(file, read);
                }
            }
            foreach (var one in PolicyLanguage.CheckTogether([.. sets.Select(read => (read.Key, read.Value.Set!))]))
            {
                Tell([one], sets[one.File].Text);
            }
            if (parse.IsJson())
            {
                Invocation.WriteJson(Invocation.Json(all));
            }
            else if (errors + warnings > 0)
            {
                var listed = all.Count(one => one.Severity == Severity.Error && one.Code != Diagnostic.More);
                Console.Error.WriteLine($"{Count(listed, "error")}{(listed < errors ? " and more" : "")}, {Count(warnings, "warning")}");
            }
            return errors > 0 || (parse.GetValue(strict) && warnings > 0) ? ExitCodes.BadInput : ExitCodes.Done;
        });
        return command;
    }

    public static Command Format()
    {
        var (files, node) = Files();
        var write = new Option<bool>("--write", "-w") { Description = "Write the files in place of printing them." };
        var check = new Option<bool>("--check") { Description = "Only say which files are not in canonical form; exit 1 if any." };
        var command = new Command("fmt", "Prints policy, node and lab files in canonical form; comments and blank lines between statements stay.") { files, node, write, check };
        command.SetAction(parse =>
        {
            if (parse.GetValue(check) && parse.GetValue(write))
            {
                Invocation.Fail("'--check' writes nothing, and '--write' does: say one of them");
                return ExitCodes.BadInput;
            }
            var differ = false;
            foreach (var file in parse.GetValue(files)!)
            {
                if (Read(file, parse.GetValue(node)) is not { } read)
                {
                    return ExitCodes.BadInput;
                }
                if (read.Text is not { } text || read.Format(text) is not { } formatted)
                {
                    Invocation.Write(read.Diagnostics, read.Text);
                    if (read.Diagnostics.IsEmpty)
                    {
                        Invocation.Fail($"{file} is JSON, which has no canonical form here: 'waymark convert' writes it in the language");
                    }
                    return ExitCodes.BadInput;
                }
                if (parse.IsJson())
                {
                    Invocation.WriteJson(new JsonObject { ["file"] = file, ["isCanonical"] = formatted == text, ["text"] = formatted });
                }
                if (parse.GetValue(check))
                {
                    if (formatted != text)
                    {
                        if (!parse.IsJson())
                        {
                            Console.WriteLine(file);
                        }
                        differ = true;
                    }
                }
                else if (!parse.GetValue(write) || file == "-")
                {
                    if (!parse.IsJson())
                    {
                        Console.Write(formatted);
                    }
                }
                else if (formatted != text)
                {
                    WholeFile.Replace(file, formatted);
                }
            }
            return differ ? ExitCodes.Failed : ExitCodes.Done;
        });
        return command;
    }

    public static Command Convert()
    {
        var file = new Argument<string>("file") { Description = "A policy file in the language or in JSON (.json), or - for the standard input." };
        var to = new Option<string?>("--to") { Description = "way or json; the other form where it is not given." };
        to.AcceptOnlyFromAmong("way", "json");
        var command = new Command("convert", "Turns a policy set from the language into JSON and back, without loss (but comments).") { file, to };
        command.SetAction(parse =>
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
            var json = parse.GetValue(to) is { } wanted ? wanted == "json" : source.Text is not null;
            Console.Write(json ? PolicySetJson.ToJson(source.Set) : PolicyPrinter.Print(source.Set));
            return ExitCodes.Done;
        });
        return command;
    }

    private static (Argument<string[]> Files, Option<bool> Node) Files() => (
        new("file") { Description = "Policy files, node files (node.way, or --node), lab files (.lab), or - for the standard input.", Arity = ArgumentArity.OneOrMore },
        new("--node") { Description = "The files are node files, whatever they are called." });

    private static LanguageText? Read(string file, bool isNode) => isNode || NodeSource.IsNamed(file)
        ? NodeSource.Read(file) is { } node ? new(node.Text, null, node.Diagnostics, text => NodeLanguage.Format(text, file)) : null
        : LabSource.IsNamed(file) ? LabSource.Read(file) is { } lab ? new(lab.Text, null, lab.Diagnostics, text => LabLanguage.Format(text, file)) : null
        : PolicySource.Read(file) is { } policies ? new(policies.Text, policies.Set, policies.Diagnostics, text => PolicyLanguage.Format(text, file)) : null;

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    /// <summary>What a file holds: a text in one of the languages, null where it is none (JSON, not UTF-8, too large); policies, null in a node file and where there are mistakes.</summary>
    private sealed record LanguageText(string? Text, PolicySet? Set, EquatableArray<Diagnostic> Diagnostics, Func<string, string?> Format);
}
