using System.Globalization;
using System.IO;
using System.IO.Compression;
using Waymark.FilterRules;
using Waymark.Flows;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>
/// A standard filter set (ClassBench, Taylor and Turner, INFOCOM 2005): rules, headers, and the published first match of each. A rule's class is its place, from 1.
/// </summary>
internal sealed record ClassBenchSet(IReadOnlyList<FilterRule> Rules, IReadOnlyList<(Packet Packet, int Expected)> Headers, string LeftOut)
{
    private static readonly string Folder = System.IO.Path.Combine(Environment.GetEnvironmentVariable("WAYMARK_DATA") is { Length: > 0 } data ? data : "../shared/data", "rules", "classbench");

    /// <summary>The sets of that size that are there with headers and answers; of an absent folder none.</summary>
    public static IReadOnlyList<string> Names(string size) => !Directory.Exists(Folder)
        ? []
        : [.. Directory.EnumerateFiles(Folder, $"*_{size}.rules.gz").Select(file => System.IO.Path.GetFileName(file)[..^".rules.gz".Length])
            .Where(name => File.Exists(PathOf(name, "trace")) && File.Exists(PathOf(name, "firstmatch"))).Order(StringComparer.Ordinal)];

    /// <summary>All sets that are there, also those without headers.</summary>
    public static IReadOnlyList<string> RuleNames() => !Directory.Exists(Folder)
        ? [] : [.. Directory.EnumerateFiles(Folder, "*.rules.gz").Select(file => System.IO.Path.GetFileName(file)[..^".rules.gz".Length]).Order(StringComparer.Ordinal)];

    /// <summary>The rules of a set, also those that no packet can meet.</summary>
    public static IReadOnlyList<FilterRule> ReadRules(string name) => [.. Lines(name, "rules").Select((line, i) => Rule(line, i + 1))];

    /// <summary>Why there are none.</summary>
    public static string Absence => $"There are no rule sets *_1k.rules.gz with *.trace.gz and *.firstmatch.gz in {System.IO.Path.GetFullPath(Folder)}; WAYMARK_DATA names the folder of rules/classbench.";

    /// <summary>Reads the set of that name.</summary>
    public static ClassBenchSet Read(string name) => Parse([.. Lines(name, "rules")], Lines(name, "trace").Zip(Lines(name, "firstmatch"), (header, answer) => (header, int.Parse(answer, CultureInfo.InvariantCulture))));

    /// <summary>
    /// Reads rules, and headers with the place of their first match from 0. A rule that asks for ports of a protocol that has none matches no packet on a wire, and a
    /// header that such a rule answers is no packet: both are left out. A header whose protocol no rule names stands for every such protocol, and is made SCTP, which has ports.
    /// </summary>
    public static ClassBenchSet Parse(IReadOnlyList<string> rules, IEnumerable<(string Header, int Expected)> headers)
    {
        var all = rules.Select((line, i) => Rule(line, i + 1)).ToList();
        var isPossible = all.Select(rule => rule.Selector.Boxes[0] is var box && (!AsksForPorts(box) || box.Protocol is null || box.Protocol.Contains(6) || box.Protocol.Contains(17))).ToList();
        var named = all.Select(rule => rule.Selector.Boxes[0].Protocol).OfType<RangeSet>().SelectMany(set => set.Ranges).Select(range => (int)range.Low).ToHashSet();
        var kept = new List<(Packet, int)>();
        var (count, impossible) = (0, 0);
        foreach (var (header, expected) in headers)
        {
            count++;
            var packet = PacketOf(header, number => named.Contains(number) || named.Contains(132) ? (byte)number : (byte)132);
            if (AsksForPorts(all[expected].Selector.Boxes[0]) && packet.LocalPort is null)
            {
                impossible++;
                continue;
            }
            kept.Add((packet, expected + 1));
        }
        var distinct = kept.Distinct().ToList();
        return new([.. all.Where((_, i) => isPossible[i])], distinct,
            $"{count} headers, {distinct.Count} distinct ones that a packet can have; left out: {isPossible.Count(one => !one)} of {all.Count} rules, which ask for ports of a protocol without, and {impossible} headers that they answer");
    }

    private static bool AsksForPorts(FlowBox box) => box.LocalPort is not null || box.PeerPort is not null;

    private static string PathOf(string name, string kind) => System.IO.Path.Combine(Folder, $"{name}.{kind}.gz");

    private static IEnumerable<string> Lines(string name, string kind)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(PathOf(name, kind)), CompressionMode.Decompress));
        while (file.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary><c>@SOURCE/LENGTH DESTINATION/LENGTH LOW : HIGH LOW : HIGH PROTOCOL/MASK FLAGS/MASK</c>, separated by tabs; the flags are not part of the answers.</summary>
    private static FilterRule Rule(string line, int @class)
    {
        var parts = line.TrimStart('@').Split('\t', StringSplitOptions.RemoveEmptyEntries);
        var protocol = parts[4].Trim().Split('/');
        var box = new FlowBox
        {
            Family = IpFamily.V4,
            Local = Addresses(parts[0].Trim().Split('/')),
            Peer = Addresses(parts[1].Trim().Split('/')),
            LocalPort = Ports(parts[2]),
            PeerPort = Ports(parts[3]),
            Protocol = Convert.ToByte(protocol[1], 16) == 0 ? null : RangeSet.Of(Convert.ToByte(protocol[0], 16)),
        };
        return new(new([box]), @class, new("test", "test", null, null, @class), null);
    }

    private static RangeSet? Addresses(string[] parts)
    {
        var prefix = new IpPrefix(IpAddress.Parse(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture));
        return prefix.Length == 0 ? null : RangeSet.Of(new NumberRange(prefix.First.Bits, prefix.Last.Bits));
    }

    private static RangeSet? Ports(string text)
    {
        var ends = text.Split(':').Select(end => uint.Parse(end.Trim(), CultureInfo.InvariantCulture)).ToArray();
        return ends is [0, 65535] ? null : RangeSet.Of(new NumberRange(ends[0], ends[1]));
    }

    /// <summary>Source, destination, ports, protocol, as decimals.</summary>
    private static Packet PacketOf(string line, Func<int, byte> protocolOf)
    {
        var fields = line.Split('\t').Take(5).Select(field => uint.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var protocol = protocolOf((int)fields[4]);
        var hasPorts = protocol is 6 or 17 or 132;
        return new()
        {
            Protocol = protocol,
            Local = new(IpFamily.V4, fields[0]),
            Peer = new(IpFamily.V4, fields[1]),
            LocalPort = hasPorts ? (ushort)fields[2] : null,
            PeerPort = hasPorts ? (ushort)fields[3] : null,
            IcmpType = protocol == 1 ? 8 : null,
            IcmpCode = protocol == 1 ? 0 : null,
            Spi = protocol is 50 or 51 ? 1 : null,
        };
    }
}
