using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Verification;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Tests.Verification;

/// <summary>Three paths, a host behind, and filter rules of every kind of action, encoded.</summary>
internal sealed record EncodedWorld(FilterRuleSet Rules, EncodedRuleSet Encoded, VerifiedDecision Decision)
{
    public static readonly EncoderOptions Options = EncoderOptions.Default with
    {
        ForwardFrom = ["lan0"],
        Masquerade = true,
        Connected = [new(IpAddress.Parse("192.168.50.0"), 24), new(IpAddress.Parse("2001:db8:50::"), 64)],
        Cgroups = [new("a", 11), new("a/b", 12)],
    };

    public static readonly PathSet Paths = new(Enumerable.Range(1, 3).Select(n => new Path
    {
        Id = Id(n),
        Name = $"w{n}",
        Device = $"w{n}",
        DeviceIndex = n,
        Halves =
        [
            new() { Family = IpFamily.V4, Locators = [IpAddress.Parse($"10.78.{n}.1")], Connected = [new(IpAddress.Parse($"10.78.{n}.0"), 24)], Gateway = IpAddress.Parse($"10.78.{n}.2"), Metric = (uint)(100 * n) },
            .. n == 3 ? Array.Empty<PathHalf>() : [new() { Family = IpFamily.V6, Locators = [IpAddress.Parse($"2001:db8:{n}::1")], Connected = [new(IpAddress.Parse($"2001:db8:{n}::"), 64)], Gateway = IpAddress.Parse($"2001:db8:{n}::2"), Metric = (uint)(100 * n) }],
        ],
    }));

    private static readonly FilterAction[] Actions =
    [
        Use(1), Use(2), Use(3), new FilterAction.Drop(), new FilterAction.Default(),
        new FilterAction.Spread([new(Id(1), 9), new(Id(2), 7)], BalancePer.Flow), new FilterAction.Spread([new(Id(1), 4), new(Id(2), 12)], BalancePer.Local),
    ];

    /// <summary>A class of any kind, but for its number.</summary>
    public static readonly Gen<FilterClass> Class = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 7]).Select((v4, v6, backup4, backup6, rest) =>
    {
        EquatableArray<PathId> denied = [.. Enumerable.Range(1, 3).Where(n => (rest & 1) != 0 && n != v4 + 1).Select(Id)];
        return new FilterClass
        {
            Number = 0,
            V4 = Actions[v4],
            V6 = Actions[v6],
            IsStrict = (rest & 1) != 0,
            SteersAnswers = (rest & 4) != 0,
            Denied4 = denied,
            Denied6 = denied,
            Backup4 = v4 < 3 && backup4 > 0 && backup4 != v4 + 1 ? Id(backup4) : null,
            Backup6 = v6 < 3 && backup6 > 0 && backup6 != v6 + 1 ? Id(backup6) : null,
        };
    });

    public static PathId Id(int n) => new("ip", $"w{n}");

    public static FilterAction Use(int n) => new FilterAction.Use(Id(n));

    /// <summary>Flows of classes, by order of precedence; what the kernel cannot see is left out.</summary>
    public static EncodedWorld Of(IReadOnlyList<(Flow Flow, int Class)> flows, IReadOnlyList<FilterClass> classes, PathSet? paths = null)
    {
        var rules = flows.Select((one, i) => new FilterRule(FlowResolution.Resolve([one.Flow], [], NodeNames.None).Selector, one.Class, new("test", "test.way", null, null, i + 1), null))
            .Where(rule => !rule.Selector.IsEmpty).ToEquatableArray();
        return Of(new FilterRuleSet(rules, classes.Select((one, i) => one with { Number = i + 1 }).ToEquatableArray()), paths ?? Paths);
    }

    public static EncodedWorld Of(FilterRuleSet rules, PathSet paths, EncoderOptions? options = null, Territory? territory = null)
    {
        options ??= Options;
        var encoded = NftablesEncoder.Encode(rules, paths, territory ?? Territory.Default, options, EncoderMemory.Empty);
        var enforced = RefusedRule.Without(rules, encoded.Refused);
        return new(enforced, encoded, new()
        {
            Rules = enforced,
            Paths = paths,
            ForwardFrom = options.ForwardFrom,
            Masquerade = options.Masquerade,
            Connected = options.Connected,
            Cgroups = options.Cgroups,
        });
    }

    public VerificationReport Verify(int most = 50) => TableVerification.Verify(Encoded.Table, Decision, Encoded.Territory, most);
}
