using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;
using Waymark.Exchange.LocalCalls;
using Waymark.Policies.Language;

namespace Waymark.Cli;

/// <summary>What every command has in common: the daemon's socket, the form of the output, how failures are said.</summary>
internal static class Invocation
{
    public static Option<string> Socket { get; } = new("--socket")
    {
        Description = "The daemon's socket.",
        HelpName = "path",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WAYMARK_SOCKET") is { Length: > 0 } set ? set : LocalClient.DefaultSocket,
        Recursive = true,
    };

    public static Option<string> Output { get; } = MakeOutput();

    /// <summary>Where results go; wide enough not to wrap where it is no terminal.</summary>
    public static IAnsiConsole Console { get; } = MakeConsole();

    /// <summary>Makes a command that asks the daemon.</summary>
    public static Command Asks(this Command command, Func<LocalClient, ParseResult, CancellationToken, Task<int>> work)
    {
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var client = new LocalClient(parse.GetValue(Socket)!);
            try
            {
                return await work(client, parse, cancellationToken);
            }
            catch (RpcException failed) when (failed.StatusCode == StatusCode.Cancelled || cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C.
                return ExitCodes.Done;
            }
            catch (RpcException failed)
            {
                foreach (var diagnostic in LocalClient.DiagnosticsOf(failed))
                {
                    System.Console.Error.WriteLine(diagnostic);
                }
                Fail(client.Describe(failed));
                return LocalClient.IsUnreachable(failed) ? ExitCodes.NoDaemon : failed.StatusCode == StatusCode.InvalidArgument ? ExitCodes.BadInput : ExitCodes.Failed;
            }
        });
        return command;
    }

    public static bool IsJson(this ParseResult parse) => parse.GetValue(Output) == "json";

    /// <summary>Writes a message of the contract as JSON: field names are those of <c>waymark.v1</c>, and stay.</summary>
    public static void WriteJson(IMessage message) => System.Console.WriteLine(JsonFormatter.Default.Format(message));

    public static void Fail(string message) => System.Console.Error.WriteLine($"waymark: {message}");

    /// <summary>Writes diagnostics with their line of the text where there is one.</summary>
    public static void Write(IEnumerable<Diagnostic> diagnostics, string? text)
    {
        foreach (var diagnostic in diagnostics)
        {
            System.Console.Error.Write(DiagnosticText.Render(diagnostic, text));
        }
    }

    private static Option<string> MakeOutput()
    {
        var option = new Option<string>("--output", "-o") { Description = "table for people, json for programs.", DefaultValueFactory = _ => "table", Recursive = true };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }

    private static IAnsiConsole MakeConsole()
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(System.Console.Out) });
        if (System.Console.IsOutputRedirected)
        {
            console.Profile.Width = 400;
        }
        if (Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
        {
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        }
        return console;
    }
}
