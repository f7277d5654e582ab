using Waymark.Flows;
using Waymark.PacketClassification;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Benchmarks;

/// <summary>What it takes to find the policy that decides a packet, beside asking one after the other.</summary>
internal static class LookupRows
{
    public static void Add(Results results)
    {
        foreach (var name in ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k")))
        {
            var set = ClassBenchSet.Read(name);
            Add(results, name, [.. set.Rules.Select(rule => rule.Selector)], [.. set.Headers.Select(header => header.Packet)]);
        }
        var random = new Random(1);
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            FlowSelector[] selectors = [.. Worlds.Policies(100_000, 16, family: family).Policies.Select(policy => policy.Flows.Selector)];
            var any = new IpAddress(family, 1);
            Packet[] packets = [.. Enumerable.Range(0, 20_000).Select(_ => random.Next(selectors.Length)).Select(policy =>
                new Packet { Protocol = 17, Local = any, LocalPort = 4000, Peer = Worlds.Peer(policy, family), PeerPort = (ushort)(Worlds.Port(policy) + random.Next(100)) })];
            Add(results, $"100,000 policies, IP{family.ToString().ToLowerInvariant()}", selectors, packets);
        }
    }

    private static void Add(Results results, string name, FlowSelector[] selectors, Packet[] packets)
    {
        results.Section($"Lookup in {name}: {selectors.Length} policies, {packets.Length} packets");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var classifier = PacketClassifier.Of(selectors);
        results.Add("memory beside the policies' own", (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)selectors.Length, "B a policy");
        results.Add("tables for IPv4", classifier.Tables(IpFamily.V4), "");
        results.Add("build", Clock.Median(5, () => PacketClassifier.Of(selectors)), "ms");
        // One in the middle is another one, and back.
        var middle = selectors.Length / 2;
        FlowSelector[] other = [.. selectors];
        other[middle] = new(selectors[middle].Boxes);
        var turn = 0;
        results.Add("one policy replaced", Clock.Median(21, () => classifier.With(turn++ % 2 == 0 ? other : selectors)), "ms");
        var lookup = Nanoseconds(packets.Length, () => packets.Count(packet => classifier.Find(packet) >= 0));
        results.Add("lookups a second, one core", 1e3 / lookup, "10^6", selectors.Length >= 100_000 ? "above 2" : "");
        Packet[] some = [.. packets.Where((_, i) => i % 50 == 0)];
        results.Add("the same beside asking one policy after the other", Nanoseconds(some.Length, () => some.Count(packet => Array.Exists(selectors, one => one.Matches(packet)))) / lookup, "x");
    }

    private static double Nanoseconds(int count, Func<int> work)
    {
        var found = 0;
        var time = Clock.Median(7, () => found += work()) * 1e6 / count;
        return found > 0 ? time : throw new InvalidOperationException("no packet met a policy");
    }
}
