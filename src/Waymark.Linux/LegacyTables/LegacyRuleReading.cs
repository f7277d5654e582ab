using System.Buffers.Binary;
using System.Text;
using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.LegacyTables;

/// <summary>
/// Finds the rules that write a mark in the bytes of an old table (linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h), and says where they stand.
/// </summary>
/// <remarks>
/// <code>
/// entry:   ip or ip6 match | nfcache 4 | target_offset 2 | next_offset 2 | comefrom 4 | counters 16 | matches | target
/// target:  size 2 | name 29 | revision 1 | data
/// </code>
/// A chain of a user's begins with an entry whose target is called ERROR and says the chain's name; one of the kernel's where the outline says.
/// </remarks>
internal static class LegacyRuleReading
{
    /// <summary>Hooks of netfilter, in the order of their numbers.</summary>
    private static readonly string[] Hooks = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private const int TargetHeader = 32;
    private const int TargetName = 29;

    /// <summary>The rules of <paramref name="table"/> that write a mark. Whatever the bytes are, reading ends; what does not fit ends it early.</summary>
    /// <param name="table">Whose rules.</param>
    /// <param name="hookEntries">Where the chain of each hook begins; null where the table has none.</param>
    /// <param name="entries">The entries, one after the other.</param>
    public static IReadOnlyList<ForeignMarkRule> MarkRules(LegacyTable table, IReadOnlyList<uint?> hookEntries, ReadOnlySpan<byte> entries)
    {
        var found = new List<ForeignMarkRule>();
        // struct ipt_ip is 84 bytes, struct ip6t_ip6 136; the counters are aligned to 8.
        var (offsets, header) = table.Family == IpFamily.V4 ? (88, 112) : (140, 168);
        var (chain, rule) = ("", 0);
        for (var at = 0; entries.Length - at >= header;)
        {
            int target = BinaryPrimitives.ReadUInt16LittleEndian(entries[(at + offsets)..]), next = BinaryPrimitives.ReadUInt16LittleEndian(entries[(at + offsets + 2)..]);
            if (target < header || next < target + TargetHeader || next > entries.Length - at)
            {
                break;
            }
            for (var hook = 0; hook < Hooks.Length && hook < hookEntries.Count; hook++)
            {
                (chain, rule) = hookEntries[hook] == at ? (Hooks[hook], 0) : (chain, rule);
            }
            var bytes = entries[(at + target)..(at + next)];
            var name = Text(bytes[2..(2 + TargetName)]);
            var data = bytes[TargetHeader..];
            rule++;
            if (name == "ERROR")
            {
                (chain, rule) = (Text(data), 0);
            }
            else if (MarkTarget.Read(name, data) is { } write)
            {
                found.Add(new($"the table '{table.Name}' of {table.Program}", chain, $"rule {rule}", write));
            }
            at += next;
        }
        return found;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);
}
