using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Cli;

/// <summary>What every command has in common: the daemon's socket, the form of the output, how failures are said.</summary>
internal static class Invocation
{
    public static Option<string> Socket { get; } = new("--socket")
    {
        Description = "The daemon's socket.",
        HelpName = "path",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WAYMARK_SOCKET") is { Length: > 0 } set ? set : NodeClient.DefaultSocket,
        Recursive = true,
    };

    public static Option<string?> Server { get; } = FromEnvironment("--server", "WAYMARK_SERVER", "host:port", $"A node on another host, in place of the daemon on this one; without a port {Nodes.ListenDeclaration.UsualPort}.");

    public static Option<string?> Certificate { get; } = FromEnvironment("--cert", "WAYMARK_CERT", "file", "With --server: your certificate.");

    public static Option<string?> Key { get; } = FromEnvironment("--key", "WAYMARK_KEY", "file", "With --server: its key.");

    public static Option<string?> Authority { get; } = FromEnvironment("--ca", "WAYMARK_CA", "file", "With --server: the authority of the node.");

    public static Option<string> Output { get; } = MakeOutput();

    /// <summary>Where results go; wide enough not to wrap where it is no terminal.</summary>
    public static IAnsiConsole Console { get; } = MakeConsole();

    /// <summary>Makes a command that asks the daemon.</summary>
    public static Command Asks(this Command command, Func<NodeClient, ParseResult, CancellationToken, Task<int>> work)
    {
        command.SetAction((parse, cancellationToken) => AskAsync(parse, work, cancellationToken));
        return command;
    }

    /// <summary>Asks the daemon that the command line chooses. What it refuses, and that it does not answer, is said; the exit code.</summary>
    public static async Task<int> AskAsync(ParseResult parse, Func<NodeClient, ParseResult, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        using var daemon = DaemonChoice.Of(parse, out var mistake);
        if (daemon is null)
        {
            Fail(mistake!);
            if (parse.IsJson())
            {
                WriteJson(Json([], mistake));
            }
            return ExitCodes.BadInput;
        }
        var client = daemon.Client;
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
            var diagnostics = NodeClient.DiagnosticsOf(failed);
            foreach (var diagnostic in diagnostics)
            {
                System.Console.Error.WriteLine(diagnostic);
            }
            Fail(client.Describe(failed));
            if (parse.IsJson())
            {
                WriteJson(Json(diagnostics, client.Describe(failed)));
            }
            return NodeClient.IsUnreachable(failed) ? ExitCodes.NoDaemon : failed.StatusCode == StatusCode.InvalidArgument ? ExitCodes.BadInput : ExitCodes.Failed;
        }
    }

    public static bool IsWide(this ParseResult parse) => parse.GetValue(Output) == "wide";

    public static bool IsJson(this ParseResult parse) => parse.GetValue(Output) == "json";

    /// <summary>Writes a message of the contract as JSON: field names are those of <c>waymark.v1</c>, and stay.</summary>
    public static void WriteJson(IMessage message) => System.Console.WriteLine(JsonFormatter.Default.Format(message));

    /// <summary>Writes what is no message of the contract as JSON (docs/command-line.md).</summary>
    public static void WriteJson(JsonObject value) => System.Console.WriteLine(value.ToJsonString());

    /// <summary>What is wrong, as JSON: <c>diagnostics</c> as in the contract, and <c>error</c> where something failed.</summary>
    public static JsonObject Json(IEnumerable<Diagnostic> diagnostics, string? error = null)
    {
        var value = new JsonObject();
        if (error is not null)
        {
            value["error"] = error;
        }
        value["diagnostics"] = new JsonArray([.. diagnostics.Select(one => JsonNode.Parse(JsonFormatter.Default.Format(DecisionTranslation.ToWire(one))))]);
        return value;
    }

    public static void Fail(string message) => System.Console.Error.WriteLine($"waymark: {message}");

    /// <summary>Writes diagnostics with their line of the text where there is one.</summary>
    public static void Write(IEnumerable<Diagnostic> diagnostics, string? text)
    {
        foreach (var diagnostic in diagnostics)
        {
            System.Console.Error.Write(DiagnosticText.Render(diagnostic, text));
        }
    }

    private static Option<string?> FromEnvironment(string name, string variable, string help, string description) => new(name)
    {
        Description = description,
        HelpName = help,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : null,
        Recursive = true,
    };

    private static Option<string> MakeOutput()
    {
        var option = new Option<string>("--output", "-o") { Description = "table for people, wide for all that is known ('get paths'), json for programs.", DefaultValueFactory = _ => "table", Recursive = true };
        option.AcceptOnlyFromAmong("table", "wide", "json");
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
