using System.Globalization;
using System.IO;
using System.IO.Compression;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Paths;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>
/// Standard filter sets (ClassBench, Taylor and Turner, INFOCOM 2005): the encoded chains give the published first match of each packet. Every rule has a class of
/// its own, in a territory whose mark holds as many. The sets fw2 are left out: they ask for ports of protocols that have none, which no packet on a wire can match.
/// </summary>
public sealed class ClassBenchTests
{
    private static readonly string Folder = System.IO.Path.Combine(Environment.GetEnvironmentVariable("WAYMARK_DATA") ?? "../shared/data", "rules", "classbench");

    [Theory]
    [InlineData("acl1_1k")]
    [InlineData("acl3_1k")]
    [InlineData("fw1_1k")]
    [InlineData("fw3_1k")]
    [InlineData("ipc1_1k")]
    public void The_first_match_is_the_published_one(string name)
    {
        Assert.SkipUnless(Directory.Exists(Folder), $"The rule sets are not in {Folder}; WAYMARK_DATA names their folder.");
        var territory = Territory.Default with { FwMark = 0x70000000, CtMark = 0xffffc000 };
        var rules = Lines(name, "rules").Select((line, i) => Rule(line, i + 1)).ToEquatableArray();
        var classes = rules.Select(rule => new FilterClass { Number = rule.Class, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray();
        var encoded = NftablesEncoder.Encode(new(rules, classes), PathSet.Empty, territory, EncoderOptions.Default, EncoderMemory.Empty);
        Assert.Empty(encoded.Refused.AsSpan().ToArray());
        var evaluation = new ChainEvaluation(encoded.Table, new Dictionary<string, ulong>());
        var compared = 0;
        foreach (var (header, expected) in Lines(name, "trace").Zip(Lines(name, "firstmatch")).Where((_, i) => i % 7 == 0))
        {
            var mark = evaluation.Run(FlowSide.Local.ChainName(), PacketOf(header)).Mark;
            Assert.Equal(int.Parse(expected, CultureInfo.InvariantCulture) + 1, (int)((mark & territory.CtClassMask) / territory.CtClass(1)));
            compared++;
        }
        Assert.True(compared > 1000);
    }

    private static IEnumerable<string> Lines(string name, string kind)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(System.IO.Path.Combine(Folder, $"{name}.{kind}.gz")), CompressionMode.Decompress));
        while (file.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static FilterRule Rule(string line, int @class)
    {
        var parts = line.TrimStart('@').Split('\t', StringSplitOptions.RemoveEmptyEntries);
        var protocol = parts[4].Trim().Split('/');
        var box = new FlowBox
        {
            Family = IpFamily.V4,
            Local = Addresses(parts[0].Trim().Split('/')),
            Peer = Addresses(parts[1].Trim().Split('/')),
            Protocol = Convert.ToByte(protocol[1], 16) == 0 ? null : RangeSet.Of(Convert.ToByte(protocol[0], 16)),
        };
        return new(new([box with { LocalPort = Ports(parts[2]), PeerPort = Ports(parts[3]) }]), @class, new("test", "test", null, null, @class), null);
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

    private static Packet PacketOf(string line)
    {
        var fields = line.Split('\t').Take(5).Select(field => uint.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var hasPorts = fields[4] is 6 or 17;
        return new()
        {
            Protocol = (byte)fields[4],
            Local = new(IpFamily.V4, fields[0]),
            Peer = new(IpFamily.V4, fields[1]),
            LocalPort = hasPorts ? (ushort)fields[2] : null,
            PeerPort = hasPorts ? (ushort)fields[3] : null,
        };
    }
}
