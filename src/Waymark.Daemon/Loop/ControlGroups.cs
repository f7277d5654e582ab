using Waymark.FilterRules;

namespace Waymark.Daemon.Loop;

/// <summary>Ids of control groups (cgroup v2): the inode numbers of their directories, which is what the kernel compares.</summary>
internal static class ControlGroups
{
    private static readonly string[] Roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

    /// <summary>The ids of those that rules name; one that does not exist now has none.</summary>
    public static EquatableArray<KeyValuePair<string, ulong>> IdsOf(FilterRuleSet rules)
    {
        var ids = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var box in rules.Rules.SelectMany(rule => rule.Selector.Boxes))
        {
            foreach (var entry in box.Cgroup?.Entries ?? [])
            {
                foreach (var root in Roots)
                {
                    if (System.IO.File.Exists($"{root}/cgroup.controllers") && Inode($"{root}/{entry.Name}") is { } id)
                    {
                        ids[entry.Name] = id;
                    }
                }
            }
        }
        return ids.ToEquatableArray();
    }

    private static ulong? Inode(string directory) => Linux.ControlGroup.IdOf(directory);
}
