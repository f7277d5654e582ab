using System.Globalization;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>A small filter set of the project's own, in ClassBench's form: prefixes inside each other and port ranges across each other, so that order decides.</summary>
internal static class OverlappingSet
{
    private static readonly int[] Protocols = [0, 6, 6, 17, 17];

    /// <summary>Makes rules, and headers at their corners with the first match by comparing numbers.</summary>
    public static ClassBenchSet Make(Random random, int rules)
    {
        var all = Enumerable.Range(0, rules).Select(_ => Draw(random)).ToList();
        var headers = new List<(string, int)>();
        foreach (var rule in all)
        {
            for (var i = 0; i < 10; i++)
            {
                // A corner of the rule, or one beyond it.
                long[] header = [.. rule.Ranges.Select(range => Math.Clamp((random.Next(2) == 0 ? range.Low : range.High) + random.Next(-1, 2) * random.Next(2), 0, range.Highest)),
                    rule.Protocol == 0 ? Protocols[random.Next(1, Protocols.Length)] : rule.Protocol];
                var first = all.FindIndex(one => one.Matches(header));
                if (first >= 0)
                {
                    headers.Add((string.Join('\t', header.Select(number => number.ToString(CultureInfo.InvariantCulture))), first));
                }
            }
        }
        var several = headers.Count(one => all.Count(rule => rule.Matches([.. one.Item1.Split('\t').Select(number => long.Parse(number, CultureInfo.InvariantCulture))])) > 1);
        Assert.True(several * 4 > headers.Count, $"Order decides only {several} of {headers.Count} headers.");
        return ClassBenchSet.Parse([.. all.Select(rule => rule.Text)], headers);
    }

    private static Drawn Draw(Random random)
    {
        (uint Network, int Length) Prefix()
        {
            var length = random.Next(30) == 0 ? 0 : random.Next(21, 32);
            var address = 0x0b010000u + (uint)random.Next(1 << 11);
            return (length == 0 ? 0 : address >> (32 - length) << (32 - length), length);
        }
        (int Low, int High) Ports() => random.Next(5) switch
        {
            0 => (0, 65535),
            1 or 2 when random.Next(1000, 1040) is var port => (port, port),
            _ => (random.Next(900, 1020), random.Next(1020, 3000)),
        };
        return new(Prefix(), Prefix(), Ports(), Ports(), Protocols[random.Next(Protocols.Length)]);
    }

    private sealed record Drawn((uint Network, int Length) Source, (uint Network, int Length) Destination, (int Low, int High) SourcePorts, (int Low, int High) DestinationPorts, int Protocol)
    {
        public (long Low, long High, long Highest)[] Ranges =>
        [
            Addresses(Source), Addresses(Destination), (SourcePorts.Low, SourcePorts.High, 65535), (DestinationPorts.Low, DestinationPorts.High, 65535),
        ];

        public string Text => string.Create(CultureInfo.InvariantCulture,
            $"@{Dotted(Source)}\t{Dotted(Destination)}\t{SourcePorts.Low} : {SourcePorts.High}\t{DestinationPorts.Low} : {DestinationPorts.High}\t0x{Protocol:x2}/0x{(Protocol == 0 ? 0 : 255):x2}");

        public bool Matches(long[] header) =>
            Ranges.Zip(header).All(one => one.Second >= one.First.Low && one.Second <= one.First.High) && (Protocol == 0 || Protocol == header[4]);

        private static (long, long, long) Addresses((uint Network, int Length) prefix) => (prefix.Network, prefix.Network + (1L << (32 - prefix.Length)) - 1, uint.MaxValue);

        private static string Dotted((uint Network, int Length) prefix) => string.Create(CultureInfo.InvariantCulture,
            $"{prefix.Network >> 24}.{(prefix.Network >> 16) & 255}.{(prefix.Network >> 8) & 255}.{prefix.Network & 255}/{prefix.Length}");
    }
}
