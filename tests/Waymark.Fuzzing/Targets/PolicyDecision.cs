using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>
/// A policy set that was accepted, on its way into the kernel: merged, decided and encoded. What one requester asks for must not stop the loop for the others. What reads policies has targets of its own: here bytes are
/// choices (<see cref="PolicyChoices"/>).
/// </summary>
internal static class PolicyDecision
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private static readonly PathSet Paths = new([.. new[] { "wifi", "lte", "sat" }.Select((name, i) => new Path
    {
        Id = new("ip", name),
        Name = name,
        Device = name,
        DeviceIndex = i + 1,
        Halves = [new() { Family = IpFamily.V4, Locators = [IpAddress.Parse($"192.0.2.{i + 1}")], Metric = 1 }, new() { Family = IpFamily.V6, Locators = [IpAddress.Parse($"2001:db8::{i + 1}")], Metric = 1 }],
    })]);

    private static readonly CharacteristicsSet Known = new([.. Paths.Paths.Select((path, i) => PathCharacteristics.Of(path.Id,
    [
        new("delay", new(CharacteristicValue.Of(0.02 * (i + 1)), Now, 5, "fuzz")), new("cost", new(CharacteristicValue.Of(1.5 * i), Now, 1, "fuzz")), new("medium", new(CharacteristicValue.Of(path.Name), Now, 1, "fuzz")),
        new("metered", new(CharacteristicValue.Of(i > 0), Now, 1, "fuzz")), new("bandwidth", new(CharacteristicValue.Of(1e7 * (3 - i)), Now, 1, "fuzz")),
    ]))]);

    private static readonly byte[][] Begin = [[0], [.. Enumerable.Range(0, 24).Select(i => (byte)i)], [.. Enumerable.Repeat((byte)1, 40)], [.. Enumerable.Repeat((byte)6, 40)], [.. Enumerable.Range(0, 40).Select(i => (byte)(5 * i))]];

    public static FuzzTarget Target { get; } = new("policy-decision", Begin, Take);

    private static bool Take(byte[] input)
    {
        if (PolicyLanguage.Parse(PolicyChoices.Text(input), "fuzz").Set is not { } set)
        {
            return false;
        }
        var world = new World { Paths = Paths, Characteristics = Known, Policies = PolicyMerge.Merge([new(new("fuzz", 1), "fuzz.way", set, Now, [])], NodeNames.None), Now = Now };
        var decision = PathResolution.Decide(world);
        NftablesEncoder.Encode(decision.FilterRules, Paths, Territory.Default, EncoderOptions.Default, EncoderMemory.Empty);
        // Each policy became filter rules or has a reason why not (R3).
        Expect.Equal(world.Policies.Policies.Count, decision.Standings.Count, "each policy has a standing");
        // What waited for its time, and memory of the decision before.
        var later = PathResolution.Decide(world with { Now = Now.AddSeconds(10), Previous = decision.Next });
        // Time alone has had a flow spread over paths that was not: so it is with nothing to begin with.
        return Spread(later) > Spread(decision);
    }

    private static int Spread(Decision decision) => decision.FilterRules.Classes.Count(one => one.V4 is FilterAction.Spread || one.V6 is FilterAction.Spread);
}
