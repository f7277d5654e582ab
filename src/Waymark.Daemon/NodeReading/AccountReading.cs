using System.Globalization;
using Waymark.Flows;
using Waymark.PathDecision;

namespace Waymark.Daemon.NodeReading;

/// <summary>The users and groups of the system's files: asked for at every change of a policy, and read where a file is another.</summary>
internal sealed class AccountReading
{
    private const string Passwd = "/etc/passwd", Group = "/etc/group";

    private readonly Lock gate = new();
    private (Version Users, Version Groups) read;
    private NodeNames names = NodeNames.None;

    /// <summary>Users and groups, with those domains: the same object while nothing is another. A file that is not there has no entries; of one that cannot be read now, those that were read last count, and it is tried again.</summary>
    public NodeNames With(EquatableArray<KeyValuePair<string, EquatableArray<IpAddress>>> domains)
    {
        lock (gate)
        {
            // Before they are read: what is written meanwhile is read the next time.
            var now = (Version.Of(Passwd), Version.Of(Group));
            if (read != now && Ids(Passwd) is { } users && Ids(Group) is { } groups)
            {
                (read, names) = (now, names with { Users = users, Groups = groups });
            }
            return names = names.Domains == domains ? names : names with { Domains = domains };
        }
    }

    private static EquatableArray<KeyValuePair<string, uint>>? Ids(string file)
    {
        var ids = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        try
        {
            foreach (var line in System.IO.File.ReadLines(file))
            {
                var fields = line.Split(':');
                if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                {
                    ids.TryAdd(fields[0], id);
                }
            }
        }
        catch (System.IO.FileNotFoundException)
        {
            // A system without the file has no such names.
        }
        catch (System.IO.IOException)
        {
            return null;
        }
        return ids.ToEquatableArray();
    }

    /// <summary>By what one content of a file is told from another.</summary>
    private readonly record struct Version(DateTime Written, long Length)
    {
        public static Version Of(string file)
        {
            var info = new System.IO.FileInfo(file);
            info = info.ResolveLinkTarget(returnFinalTarget: true) as System.IO.FileInfo ?? info;
            return info.Exists ? new(info.LastWriteTimeUtc, info.Length) : default;
        }
    }
}
