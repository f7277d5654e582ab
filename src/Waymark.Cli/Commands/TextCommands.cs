using System.CommandLine;
using Waymark.Exchange.Wire;
using Waymark.Nodes;
using Waymark.Policies.Language;

namespace Waymark.Cli.Commands;

/// <summary>What needs no daemon: check, fmt, convert.</summary>
internal static class TextCommands
{
    public static Command Check()
    {
        var files = new Argument<string[]>("file") { Description = "Policy files, node files (node.way, or --node), or - for the standard input.", Arity = ArgumentArity.OneOrMore };
        var node = new Option<bool>("--node") { Description = "The files are node files, whatever they are called." };
        var strict = new Option<bool>("--strict") { Description = "Warnings count as errors." };
        var command = new Command("check", "Says what is wrong with policy files and node files; changes nothing and needs no daemon.") { files, node, strict };
        command.SetAction(parse =>
        {
            int errors = 0, warnings = 0;
            foreach (var file in parse.GetValue(files)!)
            {
                var isNode = parse.GetValue(node) || System.IO.Path.GetFileName(file) == "node.way";
                if ((isNode ? Node(file) : PolicySource.Read(file) is { } source ? (source.Text, source.Diagnostics) : null) is not var (text, diagnostics))
                {
                    return ExitCodes.BadInput;
                }
                Invocation.Write(diagnostics, text);
                errors += diagnostics.Count(one => one.Severity == Severity.Error);
                warnings += diagnostics.Count(one => one.Severity == Severity.Warning);
            }
            if (errors + warnings > 0)
            {
                Console.Error.WriteLine($"{Count(errors, "error")}, {Count(warnings, "warning")}");
            }
            return errors > 0 || (parse.GetValue(strict) && warnings > 0) ? ExitCodes.BadInput : ExitCodes.Done;
        });
        return command;
    }

    public static Command Format()
    {
        var files = new Argument<string[]>("file") { Description = "Policy files, or - for the standard input.", Arity = ArgumentArity.OneOrMore };
        var write = new Option<bool>("--write", "-w") { Description = "Write the files in place of printing them." };
        var check = new Option<bool>("--check") { Description = "Only say which files are not in canonical form; exit 1 if any." };
        var command = new Command("fmt", "Prints policy files in canonical form; comments and blank lines between statements stay.") { files, write, check };
        command.SetAction(parse =>
        {
            var differ = false;
            foreach (var file in parse.GetValue(files)!)
            {
                if (PolicySource.Read(file) is not { } source)
                {
                    return ExitCodes.BadInput;
                }
                if (source.Set is null || source.Text is null)
                {
                    Invocation.Write(source.Diagnostics, source.Text);
                    return ExitCodes.BadInput;
                }
                var formatted = PolicyLanguage.Format(source.Text, file)!;
                if (parse.GetValue(check))
                {
                    if (formatted != source.Text)
                    {
                        Console.WriteLine(file);
                        differ = true;
                    }
                }
                else if (!parse.GetValue(write) || file == "-")
                {
                    Console.Write(formatted);
                }
                else if (formatted != source.Text)
                {
                    // Beside the file and then in its place: whoever dies in between leaves a whole file.
                    System.IO.File.WriteAllText(file + ".new", formatted);
                    System.IO.File.Move(file + ".new", file, overwrite: true);
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

    private static (string? Text, EquatableArray<Diagnostic> Diagnostics)? Node(string file)
    {
        try
        {
            var bytes = System.IO.File.ReadAllBytes(file);
            return (System.Text.Encoding.UTF8.GetString(bytes), NodeLanguage.Parse(bytes, file).Diagnostics);
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            Invocation.Fail(unreadable.Message);
            return null;
        }
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
