using System.CommandLine;
using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using Waymark.Lab;
using Waymark.Lab.Control;

namespace Waymark.Cli;

/// <summary>Names that only a running daemon or lab can tell, for the shell's completion: none where it does not answer at once.</summary>
internal static class Completions
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The names of paths.</summary>
    public static IEnumerable<string> Paths() => Ask(client => client.Paths.ListPaths(new(), deadline: Deadline).Paths.Select(path => path.Name));

    /// <summary>The names of policy sets that were handed in.</summary>
    public static IEnumerable<string> Sets() => Ask(client => client.Policies.ListPolicySets(new(), deadline: Deadline).Sets.Where(set => !set.IsFile).Select(set => set.Name).Distinct());

    /// <summary>The links of the lab.</summary>
    public static IEnumerable<string> Links() => AskLab("links");

    /// <summary>The nodes of the lab.</summary>
    public static IEnumerable<string> Nodes() => AskLab("nodes");

    private static DateTime Deadline => (TimeProvider.System.GetUtcNow() + Patience).UtcDateTime;

    private static string[] Ask(Func<NodeClient, IEnumerable<string>> names)
    {
        // By the environment alone: the line is not whole yet.
        using var daemon = DaemonChoice.Of(new RootCommand { Invocation.Socket, Invocation.Server, Invocation.Certificate, Invocation.Key, Invocation.Authority }.Parse([]), out _);
        try
        {
            return daemon is null ? [] : [.. names(daemon.Client)];
        }
        catch (RpcException)
        {
            // Nobody answers, or not to this user.
            return [];
        }
    }

    private static string[] AskLab(string what)
    {
        using var soon = new CancellationTokenSource(Patience);
        try
        {
            return LabClient.AskAsync(what, soon.Token).GetAwaiter().GetResult().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception silent) when (silent is LabException or OperationCanceledException)
        {
            // No lab runs.
            return [];
        }
    }
}
