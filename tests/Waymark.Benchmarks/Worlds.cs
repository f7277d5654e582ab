using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Benchmarks;

/// <summary>Worlds of a size: paths with devices d1, d2 ... and policies with as many different actions as wanted.</summary>
internal static class Worlds
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static PathSet Paths(int count, IReadOnlyDictionary<string, int>? indexes = null) => new(Enumerable.Range(1, count).Select(i => new Path
    {
        Id = new("ip", $"d{i}"),
        Name = $"d{i}",
        Device = $"d{i}",
        DeviceIndex = indexes?.GetValueOrDefault($"d{i}") ?? i,
        Halves =
        [
            new() { Family = IpFamily.V4, Locators = [IpAddress.Parse($"10.1.{i}.2")], Gateway = IpAddress.Parse($"10.1.{i}.1"), Connected = [new(IpAddress.Parse($"10.1.{i}.0"), 24)], Metric = (uint)i },
            new() { Family = IpFamily.V6, Locators = [IpAddress.Parse($"2001:db8:{i:x}::2")], Gateway = IpAddress.Parse($"2001:db8:{i:x}::1"), Connected = [new(IpAddress.Parse($"2001:db8:{i:x}::"), 64)], Metric = (uint)i },
        ],
    }));

    /// <summary>What is measured of each path.</summary>
    /// <param name="count">How many paths.</param>
    /// <param name="shift">By how many places delays go on from path to path.</param>
    /// <param name="delay">The delay of a path instead of its own, which it is given.</param>
    public static CharacteristicsSet Known(int count, int shift = 0, Func<int, double, double>? delay = null)
    {
        return new(Enumerable.Range(1, count).Select(i => PathCharacteristics.Of(new("ip", $"d{i}"),
    [
        new("delay", Measured(delay?.Invoke(i, Delay(i)) ?? Delay(i))), new("loss", Measured(0.001 * i)), new("cost", Measured(i % 5)), new("bandwidth", Measured(1e6 * i)),
    ])));

        double Delay(int path) => 0.01 * (1 + ((path + shift) % count));
    }

    /// <summary>The first address of the prefix that a policy speaks of: each has eight addresses.</summary>
    public static IpAddress Peer(int policy, IpFamily family = IpFamily.V4) => new(family, (family == IpFamily.V4 ? 0x0b000000 : (UInt128)0x20010db8_000b0000 << 64) + ((UInt128)policy * 8));

    /// <summary>The first port of the range that a policy speaks of; the last is 2000.</summary>
    public static uint Port(int policy) => 1000 + ((uint)policy % 300);

    /// <summary>Policies for a range of ports of a prefix each, or for one port of one address, in <paramref name="actions"/> different actions.</summary>
    public static MergedPolicies Policies(int count, int actions, bool isExact = false, IpFamily family = IpFamily.V4)
    {
        var length = IpAddress.Width(family) - (isExact ? 0 : 3);
        var wishes = Enumerable.Range(0, actions).Select(a => new PolicyAction.Wish
        {
            Require = [new Predicate.Compare("delay", Comparison.Less, new(0.05m + (0.0001m * a), Units.Dimension.Duration))],
            Prefer = [new Criterion.ByNumber(a % 2 == 0 ? "cost" : "loss", false, null, null)],
        }).ToArray();
        var policies = Enumerable.Range(0, count).Select(i => (Statement)new Policy
        {
            Flows =
            [
                new Flow
                {
                    Family = family,
                    Protocol = new FlowProtocol.Transport(TransportProtocol.Udp, []),
                    Peer = new() { Addresses = [new(Peer(i, family), length)], Ports = [new(Port(i), isExact ? Port(i) : 2000)] },
                },
            ],
            Action = wishes[i % actions],
            Else = [new PolicyAction.Default()],
        });
        return PolicyMerge.Merge([new(new("root", 0), "bench", new() { Statements = policies.ToEquatableArray() }, Now, [])], NodeNames.None);
    }

    public static World World(MergedPolicies policies, PathSet paths, CharacteristicsSet known) => new() { Paths = paths, Characteristics = known, Policies = policies, Now = Now };

    private static Measured Measured(double value) => new(CharacteristicValue.Of(value), Now, 10, "bench");
}
