using Microsoft.Extensions.Logging;
using Waymark.Daemon.Store;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Daemon.Requests;

/// <summary>The policy directory: each file that can be read counts; of one that cannot, its last good version.</summary>
internal sealed class PolicyDirectory(DaemonOptions options, StateStore store, TimeProvider time, ILogger<PolicyDirectory> log)
{
    private SortedDictionary<string, PolicyFile> files = new(StringComparer.Ordinal);

    /// <summary>The files' sets by their names, in order.</summary>
    public IReadOnlyDictionary<string, PolicyFile> Files => files;

    /// <summary>Where it is.</summary>
    public string Path => options.PolicyDirectory;

    /// <summary>Reads all files again; their diagnostics, by file.</summary>
    public IReadOnlyDictionary<string, EquatableArray<Diagnostic>> Read()
    {
        var now = time.GetUtcNow();
        var found = new SortedDictionary<string, PolicyFile>(StringComparer.Ordinal);
        var diagnostics = new Dictionary<string, EquatableArray<Diagnostic>>(StringComparer.Ordinal);
        foreach (var file in FilesIn(Path))
        {
            var name = System.IO.Path.GetFileName(file);
            var parse = Parse(file);
            diagnostics.Add(name, parse.Diagnostics);
            foreach (var diagnostic in parse.Diagnostics)
            {
                Log.Diagnosed(log, diagnostic.ToString());
            }
            if (parse.Set is not { } set)
            {
                Log.FileRefused(log, file);
                if (store.FileSet(name) is { } good)
                {
                    found[name] = new(good, now);
                }
            }
            else if (files.TryGetValue(name, out var old) && old.Set == set)
            {
                // Its lines may have moved.
                found[name] = old with { Set = set };
            }
            else
            {
                Keep(name, set);
                found[name] = new(set, now);
            }
        }
        foreach (var gone in store.FileSets().Where(name => !diagnostics.ContainsKey(name)))
        {
            Keep(gone, null);
        }
        files = found;
        return diagnostics;
    }

    /// <summary>The policy files of a directory, in order; none where it is not there. Throws <see cref="RefusedException"/> where it cannot be read: that there are none could be wrong.</summary>
    public static IReadOnlyList<string> FilesIn(string path)
    {
        if (System.IO.File.Exists(path))
        {
            throw new RefusedException($"{path} is a file, and has to be the directory of the policy files: move it away, or name another (--policy-directory)", []);
        }
        try
        {
            return System.IO.Directory.Exists(path) ? [.. System.IO.Directory.GetFiles(path, "*.way").Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"the policy directory cannot be read: {unreadable.Message}", []);
        }
    }

    private static PolicyParse Parse(string file)
    {
        try
        {
            return PolicyLanguage.Parse(System.IO.File.ReadAllBytes(file), file);
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            return new(null, [new("WAY0013", Severity.Error, file, 1, 1, 1, unreadable.Message, null)]);
        }
    }

    private void Keep(string name, PolicySet? set)
    {
        try
        {
            store.KeepFileSet(name, set);
        }
        catch (StoreException failed)
        {
            // The file itself is what counts; only if its next version has mistakes and we are started anew will this one be missed.
            Log.StoreFailed(log, failed.Message);
        }
    }
}

/// <summary>A file of the policy directory.</summary>
/// <param name="Set">What it says, or said when it could last be read.</param>
/// <param name="At">Since when.</param>
internal sealed record PolicyFile(PolicySet Set, DateTimeOffset At);
