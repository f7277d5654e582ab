using System.Buffers.Binary;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.LegacyTables;

/// <summary>
/// Reads the old iptables' tables of the calling thread's network namespace, by the socket options that iptables-legacy itself uses. Asks only for tables that are there:
/// asking for another would have the kernel make it.
/// </summary>
internal static class LegacyTableSurvey
{
    private const int GetOutline = 64, GetEntries = 65;

    /// <summary>struct ipt_getinfo { name 32, valid_hooks, hook_entry 5 x 4, underflow 5 x 4, num_entries, size }.</summary>
    private const int OutlineLength = 84;

    /// <summary>struct ipt_get_entries { name 32, size, padding } before the entries.</summary>
    private const int EntriesHeader = 40;

    private const int NameLength = 32;

    /// <summary>More than this is not read: 64 MiB are some 300,000 rules.</summary>
    private const uint Largest = 64 << 20;

    /// <summary>Table by table, the rules that write a mark; null where the table cannot be read.</summary>
    public static IReadOnlyList<(LegacyTable Table, IReadOnlyList<ForeignMarkRule>? Rules)> MarkRules() =>
        [.. new[] { IpFamily.V4, IpFamily.V6 }.SelectMany(Tables).Select(table => (table, Rules(table)))];

    private static IEnumerable<LegacyTable> Tables(IpFamily family)
    {
        try
        {
            // Of this thread: /proc/net is that of the process's first.
            var file = $"/proc/thread-self/net/{(family == IpFamily.V4 ? "ip" : "ip6")}_tables_names";
            return [.. File.ReadAllLines(file).Where(name => name.Length is > 0 and < NameLength).Select(name => new LegacyTable(family, name))];
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // The kernel has no old tables, or none that have been used since it started.
            return [];
        }
    }

    private static IReadOnlyList<ForeignMarkRule>? Rules(LegacyTable table)
    {
        var (family, level) = table.Family == IpFamily.V4 ? (AddressFamily.InterNetwork, 0) : (AddressFamily.InterNetworkV6, 41);
        try
        {
            using var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
            // A table that changes between the two questions is asked again.
            for (var attempt = 0; attempt < 3; attempt++)
            {
                var outline = new byte[OutlineLength];
                Encoding.ASCII.GetBytes(table.Name, outline);
                var size = socket.GetRawSocketOption(level, GetOutline, outline) == OutlineLength ? Word(outline, OutlineLength - 4) : uint.MaxValue;
                if (size > Largest)
                {
                    return null;
                }
                var entries = new byte[EntriesHeader + (int)size];
                Encoding.ASCII.GetBytes(table.Name, entries);
                BinaryPrimitives.WriteUInt32LittleEndian(entries.AsSpan(NameLength), size);
                try
                {
                    socket.GetRawSocketOption(level, GetEntries, entries);
                }
                catch (SocketException changed) when (changed.SocketErrorCode == SocketError.WouldBlock)
                {
                    // EAGAIN: it has another size now.
                    continue;
                }
                var hooks = Enumerable.Range(0, 5).Select(hook => (Word(outline, NameLength) & (1u << hook)) != 0 ? Word(outline, NameLength + 4 + (4 * hook)) : (uint?)null);
                return LegacyRuleReading.MarkRules(table, [.. hooks], entries.AsSpan(EntriesHeader));
            }
            return null;
        }
        catch (SocketException)
        {
            // Not ours to read, or of a kind that this kernel words otherwise.
            return null;
        }
    }

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
