using System.CommandLine;
using System.IO;
using System.Text;
using Waymark.Daemon;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange.NodeCalls;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Nodes;
using Waymark.Policies.Language;

var defaults = new DaemonOptions();
var nodeFile = new Option<string>("--node-file") { Description = "What the administrator says of this node.", DefaultValueFactory = _ => defaults.NodeFile, Recursive = true };
var policies = new Option<string>("--policy-directory") { Description = "Every *.way in it is a policy set of root.", DefaultValueFactory = _ => defaults.PolicyDirectory, Recursive = true };
var state = new Option<string>("--state-directory") { Description = "Where accepted sets are kept.", DefaultValueFactory = _ => defaults.StateDirectory, Recursive = true };
var socket = new Option<string>("--socket") { Description = "Where requesters connect.", DefaultValueFactory = _ => defaults.Socket, Recursive = true };
socket.Validators.Add(result =>
{
    var path = result.GetValueOrDefault<string>();
    if (path.Length == 0 || Encoding.UTF8.GetByteCount(Path.GetFullPath(path)) > NodeClient.LongestSocket)
    {
        result.AddError($"'{path}' cannot be a socket: its whole path has 1 to {NodeClient.LongestSocket} bytes");
    }
});

var record = new Option<string?>("--record") { Description = "Records each decision in this file, for 'waymark replay'." };

var root = new RootCommand("Decides which path each flow of this host takes, and has the kernel do it.") { nodeFile, policies, state, socket, record };
DaemonOptions Read(ParseResult parse) => new()
{
    NodeFile = parse.GetValue(nodeFile)!,
    PolicyDirectory = parse.GetValue(policies)!,
    StateDirectory = parse.GetValue(state)!,
    // The server takes none that is relative to where it was started.
    Socket = Path.GetFullPath(parse.GetValue(socket)!),
    Record = parse.GetValue(record),
};
root.SetAction((parse, cancellationToken) => DaemonHost.RunAsync(Read(parse), cancellationToken));

var erase = new Command("erase", "Removes everything of ours from the kernel of this network namespace: table, rules, routes. For after an uninstall; the daemon must not run.");
erase.SetAction(parse =>
{
    try
    {
        using var single = SingleInstance.TryTake();
        if (single is null)
        {
            Console.Error.WriteLine("waymarkd erase: waymarkd is running and would put everything back: stop it first ('systemctl stop waymarkd')");
            return ExitCodes.AlreadyRunning;
        }
        using var installer = new FilterRuleInstaller(Territory.Of(NodeOf(Read(parse))), TimeProvider.System);
        installer.Erase();
        Console.WriteLine("Removed: the kernel holds nothing of waymarkd any more.");
        return ExitCodes.Done;
    }
    catch (NetlinkException refused)
    {
        Console.Error.WriteLine($"waymarkd erase: {refused.Message}{(refused.Error == NetlinkException.NotPermitted ? "; run it as root" : "")}");
        return ExitCodes.Failed;
    }
    catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"waymarkd erase: {unreadable.Message}; nothing was removed");
        return ExitCodes.Failed;
    }
});
root.Add(erase);

var guard = new Command("guard", "Puts the stored policies in force before any link is up, where the node file says 'strict at boot', and ends. For waymark-guard.service.");
guard.SetAction(parse => DaemonHost.Guard(Read(parse)));
root.Add(guard);

var check = new Command("check-config", "Reads the node file and the policy directory as the daemon would, says what is wrong with them and with the certificates that the node file names, and changes nothing.");
check.SetAction(command =>
{
    var options = Read(command);
    var diagnostics = new List<Diagnostic>();
    string? refusal = null;
    try
    {
        if (File.Exists(options.NodeFile))
        {
            var parse = NodeLanguage.Parse(File.ReadAllBytes(options.NodeFile), options.NodeFile);
            diagnostics.AddRange(parse.Diagnostics);
            refusal = parse.File?.Listen is { } listen ? RemoteCredentials.FaultOf(listen) : null;
        }
        foreach (var file in PolicyDirectory.FilesIn(options.PolicyDirectory))
        {
            diagnostics.AddRange(PolicyLanguage.Parse(File.ReadAllBytes(file), file).Diagnostics);
        }
        foreach (var diagnostic in diagnostics)
        {
            Console.Error.Write(DiagnosticText.Render(diagnostic, File.ReadAllText(diagnostic.File)));
        }
        if (refusal is not null)
        {
            Console.Error.WriteLine($"{options.NodeFile}: 'listen': {refusal}");
        }
        return refusal is not null || diagnostics.Any(one => one.Severity == Severity.Error) ? ExitCodes.BadInput : ExitCodes.Done;
    }
    catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or RefusedException)
    {
        Console.Error.WriteLine($"waymarkd check-config: {unreadable.Message}");
        return ExitCodes.BadInput;
    }
});
root.Add(check);

// The host minds the signals: it stops in order, however long that takes.
return await root.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });

// What is ours is told by what we wrote on it; only the bits in the marks of connections are the node file's to say.
static NodeFile NodeOf(DaemonOptions options)
{
    if (!File.Exists(options.NodeFile))
    {
        return NodeFile.Default;
    }
    if (NodeLanguage.Parse(File.ReadAllBytes(options.NodeFile), options.NodeFile).File is { } node)
    {
        return node;
    }
    Console.Error.WriteLine($"waymarkd erase: {options.NodeFile} has mistakes ('waymarkd check-config' shows them): its mark bits are taken to be those of its last good version, or else the usual ones");
    if (!File.Exists(Path.Combine(options.StateDirectory, StateStore.FileName)))
    {
        return NodeFile.Default;
    }
    try
    {
        using var store = new StateStore(options.StateDirectory);
        return NodeBook.LastGood(store, options.NodeFile) ?? NodeFile.Default;
    }
    catch (StoreException unreadable)
    {
        // Neither the file nor the store can tell: what has the usual numbers can be removed all the same.
        Console.Error.WriteLine($"waymarkd erase: {unreadable.Message}");
        return NodeFile.Default;
    }
}
