using System.Text;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.Policies.Language;

namespace Waymark.Daemon.Requests;

/// <summary>The node file in force: what the file says or, until its mistakes are mended, what it said when it had none.</summary>
internal sealed class NodeBook(DaemonOptions options, StateStore store, ILogger<NodeBook> log) : IDisposable
{
    private CancellationTokenSource change = new();
    private NodeFile announced = NodeFile.Default;

    /// <summary>What counts.</summary>
    public NodeFile Node { get; private set; } = NodeFile.Default;

    /// <summary>Whether the file exists.</summary>
    public bool HasFile { get; private set; }

    /// <summary>Cancelled by <see cref="Announce"/> when <see cref="Node"/> has become another; the one after it is here then. Take it before the file.</summary>
    public CancellationToken Change => change.Token;

    /// <summary>Reads the file at start; throws <see cref="RefusedException"/> where it has mistakes and never had none.</summary>
    public void Load()
    {
        try
        {
            Read();
        }
        catch (RefusedException) when (LastGood(store, options.NodeFile) is { } good)
        {
            // A slip of the pen before a reboot must not leave the node without its policies; least of all those that are strict at boot.
            Node = good;
            Log.NodeFileRefused(log, options.NodeFile);
        }
        announced = Node;
    }

    /// <summary>Reads the file again and gives its warnings. Throws <see cref="RefusedException"/> where it has mistakes, and nothing has changed.</summary>
    public IReadOnlyList<Diagnostic> Reload()
    {
        var before = Node;
        var warnings = Read().ToList();
        warnings.AddRange(KeepTerritory(before));
        return warnings;
    }

    /// <summary>Tells who waits for it that the file has become another, where it has. They may go on here and now: not to be called where anything is held.</summary>
    public void Announce()
    {
        if (Interlocked.Exchange(ref announced, Node) != Node)
        {
            Interlocked.Exchange(ref change, new()).Cancel();
        }
    }

    /// <summary>What the file said when it last had no mistakes; null where it never was read.</summary>
    public static NodeFile? LastGood(StateStore store, string name) =>
        store.NodeFile() is { } text ? NodeLanguage.Parse(Encoding.UTF8.GetBytes(text), name).File : null;

    /// <inheritdoc/>
    public void Dispose() => change.Dispose();

    private EquatableArray<Diagnostic> Read()
    {
        HasFile = System.IO.File.Exists(options.NodeFile);
        if (!HasFile)
        {
            Node = NodeFile.Default;
            return [];
        }
        byte[] text;
        try
        {
            text = System.IO.File.ReadAllBytes(options.NodeFile);
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"the node file cannot be read, and nothing was changed: {unreadable.Message}", []);
        }
        var parse = NodeLanguage.Parse(text, options.NodeFile);
        foreach (var diagnostic in parse.Diagnostics)
        {
            Log.Diagnosed(log, diagnostic.ToString());
        }
        Node = parse.File ?? throw new RefusedException("the node file has mistakes; nothing was changed", parse.Diagnostics);
        Keep(Encoding.UTF8.GetString(text));
        return parse.Diagnostics;
    }

    private void Keep(string text)
    {
        try
        {
            if (text != store.NodeFile())
            {
                store.KeepNodeFile(text);
            }
        }
        catch (StoreException failed)
        {
            // The file itself is what counts; only if its next version has mistakes at a start will this one be missed.
            Log.StoreFailed(log, failed.Message);
        }
    }

    /// <summary>What bears our marks and stands in our tables cannot change its numbers under way: those of the start stay until the next one.</summary>
    private IEnumerable<Diagnostic> KeepTerritory(NodeFile before)
    {
        var kept = Node with { FirewallMark = before.FirewallMark, ConntrackMark = before.ConntrackMark, Tables = before.Tables, Priorities = before.Priorities };
        if (kept != Node)
        {
            Node = kept;
            var warning = new Diagnostic("WAY2011", Severity.Warning, options.NodeFile, 0, 0, 1, "other mark bits, tables or priorities count from the next start on",
                "stop waymarkd, run 'waymarkd erase' so that nothing is left under the old ones, and start it again");
            Log.Diagnosed(log, warning.ToString());
            yield return warning;
        }
    }
}
