using Waymark.FilterRules;
using Waymark.Linux.Netlink;

namespace Waymark.Linux;

/// <summary>Control groups of the unified hierarchy.</summary>
public static class ControlGroup
{
    private static readonly string[] Roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

    /// <summary>The ids of the groups that rules name, by path below the root of the hierarchy, in ordinal order; one that does not exist now has none.</summary>
    public static EquatableArray<KeyValuePair<string, ulong>> IdsOf(FilterRuleSet rules)
    {
        var ids = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var box in rules.Rules.SelectMany(rule => rule.Selector.Boxes))
        {
            foreach (var entry in box.Cgroup?.Entries ?? [])
            {
                foreach (var root in Roots)
                {
                    if (System.IO.File.Exists($"{root}/cgroup.controllers") && IdOf($"{root}/{entry.Name}") is { } id)
                    {
                        ids[entry.Name] = id;
                    }
                }
            }
        }
        return ids.ToEquatableArray();
    }

    /// <summary>The group's id: the inode number of its directory; null where there is no such directory.</summary>
    public static unsafe ulong? IdOf(string directory)
    {
        // struct statx: stx_ino is at byte 32 (linux/stat.h); 256 bytes in all.
        Span<byte> result = stackalloc byte[256];
        fixed (byte* buffer = result)
        {
            return NativeMethods.StatX(-100, directory, 0, 0x100, buffer) == 0 ? BitConverter.ToUInt64(result[32..]) : null;
        }
    }
}
