using System.CommandLine;
using System.Text.Json.Nodes;
using Waymark.Cli;
using Waymark.Cli.Commands;

var root = new RootCommand("Decides which path each flow of this host takes. Asks the daemon, waymarkd; 'check', 'fmt', 'convert', 'classify', 'pki' and 'enroll' need none.")
{
    Invocation.Socket,
    Invocation.Server,
    Invocation.Certificate,
    Invocation.Key,
    Invocation.Authority,
    Invocation.Output,
    PolicyCommands.Apply(),
    PolicyCommands.Plan(),
    PolicyCommands.Withdraw(),
    PolicyCommands.Undo(),
    PolicyCommands.Confirm(),
    GetCommands.Get(),
    ExplainCommand.Explain(),
    VerifyCommand.Verify(),
    WatchCommand.Watch(),
    TopCommand.Top(),
    NodeCommands.Status(),
    NodeCommands.Path(),
    CharacteristicCommands.Characteristic(),
    QuotaCommands.Quota(),
    NodeCommands.Reload(),
    AuditCommand.Audit(),
    TextCommands.Check(),
    TextCommands.Format(),
    TextCommands.Convert(),
    ClassifyCommand.Classify(),
    ReplayCommand.Replay(),
    LabCommands.Lab(),
    PkiCommands.Pki(TimeProvider.System),
    EnrollCommand.Enroll(TimeProvider.System),
    CompletionCommand.Completion(),
};
var version = new Command("version", "Prints the version.");
version.SetAction(parse =>
{
    var number = typeof(ExitCodes).Assembly.GetName().Version?.ToString(3);
    if (parse.IsJson())
    {
        Invocation.WriteJson(new JsonObject { ["version"] = number });
        return;
    }
    Console.WriteLine($"waymark {number}");
});
root.Add(version);

var parse = root.Parse(LabCommands.WithOthersWordsApart(args));
try
{
    var code = await parse.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
    return parse.Errors.Count > 0 ? ExitCodes.BadInput : code;
}
catch (Exception refused) when (refused is System.IO.IOException or UnauthorizedAccessException)
{
    // The disk is full, the file may not be written: nobody's bug, so no trace of calls.
    Invocation.Fail(refused.Message);
    return ExitCodes.Failed;
}
catch (OperationCanceledException)
{
    // Ctrl-C.
    return ExitCodes.Failed;
}
