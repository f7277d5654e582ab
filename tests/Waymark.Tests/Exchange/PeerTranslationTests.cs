using CsCheck;
using Google.Protobuf;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange;

/// <summary>What nodes say to each other, there and back, and what a hostile one may say.</summary>
public sealed class PeerTranslationTests
{
    private static readonly Gen<SharedChoice> Choice = Gen.Select(Gen.Int[1, 255].Array[0, 4], Gen.Bool, Gen.Int[0, 3]).Select((paths, isStrict, spread) =>
        new SharedChoice(paths.Distinct().ToEquatableArray(), isStrict, spread == 0 ? null : (BalancePer)(spread - 1)));

    private static readonly Gen<PeerRule> Rule = Gen.Select(PolicySetSamples.Set.Where(set => set.Statements.Any(one => one is Policy)), Gen.Int[0, 9], Choice, Choice, Gen.Bool).Select((set, precedence, v4, v6, isShared) =>
    {
        var policy = set.Statements.OfType<Policy>().First();
        return new PeerRule("a rule", precedence, set.Definitions, policy.Flows, policy.EffectiveEstablished, isShared ? new PeerWish.Shared(v4, v6) : new PeerWish.Own(policy.Action, policy.Else));
    });

    [Fact]
    public void A_rule_survives_the_way_and_its_bytes_are_its_name() => Rule.Sample(rule =>
    {
        var bytes = PeerTranslation.ToWire(rule);
        Assert.Equal((rule, null), PeerTranslation.ToCore(new RuleBytes(bytes.Content.ToArray())));
        Assert.Equal(bytes.Digest, PeerTranslation.ToWire(rule).Digest);
    }, iter: 500);

    [Fact]
    public void A_field_of_a_newer_version_is_part_of_the_name_and_does_no_harm()
    {
        var rule = new PeerRule("r", 0, [], [new Flow { Protocol = new FlowProtocol.Any() }], Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), []));
        var bytes = PeerTranslation.ToWire(rule);
        // Field 100, a number.
        var newer = new RuleBytes((byte[])[.. bytes.Content.Span, 0xa0, 0x06, 0x07]);
        Assert.NotEqual(bytes.Digest, newer.Digest);
        Assert.Equal((rule, null), PeerTranslation.ToCore(newer));
    }

    [Fact]
    public void A_rule_that_cannot_be_read_says_why()
    {
        static string? Fault(V1.PeerRule wire) => PeerTranslation.ToCore(new RuleBytes(wire.ToByteArray())).Fault;
        var flow = new V1.Flow { Protocol = new() { Any = new() } };
        var own = new V1.OwnWish { Action = new() { Drop = new() } };
        Assert.Equal("its bytes are no rule", PeerTranslation.ToCore(new RuleBytes(new byte[] { 0xff, 1, 2 })).Fault);
        Assert.Contains("newer version", Fault(new() { Name = "r", Flows = { flow } }), StringComparison.Ordinal);
        Assert.Contains("it cannot be read", Fault(new() { Name = "r", Own = own }), StringComparison.Ordinal);
        Assert.Contains("its name", Fault(new() { Name = "a\nb", Flows = { flow }, Own = own }), StringComparison.Ordinal);
        Assert.Contains("its name", Fault(new() { Name = "r", Precedence = uint.MaxValue, Flows = { flow }, Own = own }), StringComparison.Ordinal);
        Assert.Contains("number from 1 to 255", Fault(new() { Name = "r", Flows = { flow }, Shared = new() { V4 = new() { Paths = { 1, 256 } } } }), StringComparison.Ordinal);
        Assert.Contains("stands twice", Fault(new() { Name = "r", Flows = { flow }, Shared = new() { V4 = new() { Paths = { 1, 1 } } } }), StringComparison.Ordinal);
        Assert.Null(Fault(new() { Name = "r", Flows = { flow }, Shared = new() }));
    }

    [Theory]
    [InlineData(1u, 1u, 30, null)]
    [InlineData(1u, 9u, 30, null)]
    [InlineData(2u, 9u, 30, "versions 2 to 9")]
    [InlineData(0u, 0u, 30, "versions 0 to 0")]
    [InlineData(1u, 1u, 0, "a lease")]
    [InlineData(1u, 1u, 3601, "a lease")]
    public void Terms_are_gone_on_with_where_both_speak_a_version(uint low, uint high, int lease, string? fault)
    {
        var (terms, said) = PeerTranslation.ToCore(new V1.Hello { VersionLow = low, VersionHigh = high, Node = "a\u001b[2Jb", Lease = new() { Seconds = lease }, Granted = { "10.2.0.0/16" } });
        Assert.Equal(fault is null, said is null);
        Assert.True(said?.Contains(fault!, StringComparison.Ordinal) ?? (terms!.Node.Contains("\\u{1b}", StringComparison.Ordinal) && terms.Granted.Count == 1));
    }

    /// <summary>Protobuf carries them, and its own reading throws at them.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000_000)]
    [InlineData(int.MinValue)]
    public void A_lease_that_is_no_duration_is_no_term(int nanos) =>
        Assert.Contains("a lease", PeerTranslation.ToCore(new V1.Hello { VersionLow = 1, VersionHigh = 1, Node = "a", Lease = new() { Seconds = 30, Nanos = nanos } }).Fault!, StringComparison.Ordinal);

    [Fact]
    public void An_update_of_more_than_can_be_held_is_none()
    {
        static V1.Update Update(int put, int removed) => new()
        {
            Put = { Enumerable.Repeat(ByteString.CopyFrom(1), put) },
            Removed = { Enumerable.Range(0, removed).Select(n => ByteString.CopyFrom(new RuleDigest((UInt128)n).ToBytes())) },
        };
        Assert.NotNull(PeerTranslation.ToCore(Update(RuleKeeping.MostRules, RuleKeeping.MostRules)));
        Assert.Null(PeerTranslation.ToCore(Update(RuleKeeping.MostRules + 1, 0)));
        Assert.Null(PeerTranslation.ToCore(Update(0, RuleKeeping.MostRules + 1)));
    }

    [Fact]
    public void Of_what_is_told_of_paths_only_what_is_known_and_possible_is_heard()
    {
        V1.Characteristic Number(string name, double number) => new() { Name = name, Measured = new() { Number = number, Source = "\u001b[2J", StandardError = double.NaN } };
        var heard = PeerTranslation.ToCore(new V1.SharedPaths
        {
            Paths =
            {
                new V1.SharedPath { Number = 1, Characteristics = { Number("delay", 0.03), Number("delay", 9), Number("jitter", double.NaN), Number("loss", -1), Number("cost", 0), Number("up/ip4", 1), new V1.Characteristic { Name = "up/ip6", Measured = new() { Flag = false } }, new V1.Characteristic { Name = "delay" } } },
                new V1.SharedPath { Number = 1 }, new V1.SharedPath { Number = 0 }, new V1.SharedPath { Number = 999 },
            },
        }, "hq", DateTimeOffset.UnixEpoch);
        var (number, known) = Assert.Single(heard.AsEnumerable());
        Assert.Equal((1, "delay up/ip6", "peer hq"), (number, string.Join(' ', known.Values.Select(one => one.Key)), known.Values[0].Value.Source));
        Assert.Null(known.Values[0].Value.StandardError);
    }

    [Fact]
    public void Reports_are_read_as_far_as_they_can_be()
    {
        var rule = new RuleDigest(7);
        var wire = new V1.Reports
        {
            Reports_ =
            {
                new V1.RuleReport { Rule = ByteString.CopyFrom(rule.ToBytes()), State = V1.RuleState.Rejected, Detail = new string('x', 1000) + "\n" },
                new V1.RuleReport { Rule = ByteString.CopyFrom(1, 2), State = V1.RuleState.Installed },
                new V1.RuleReport { Rule = ByteString.CopyFrom(rule.ToBytes()), State = (V1.RuleState)99 },
            },
        };
        var report = Assert.Single(PeerTranslation.ToCore(wire));
        Assert.Equal((rule, RuleState.Rejected), (report.Rule, report.State));
        Assert.True(report.Detail.Length <= RuleReport.LongestDetail);
    }
}
