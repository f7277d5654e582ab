using CsCheck;
using Waymark.Peers;

namespace Waymark.Tests.Peers;

/// <summary>Partition and restart, in every order: both ends come to the same rules, and nothing stays longer than its lease.</summary>
public sealed class RuleExchangeProperties
{
    private static readonly Gen<(int Kind, int Value)[]> History = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 63]).Array[0, 60];

    [Fact]
    public void Whatever_has_happened_both_ends_come_to_the_same_rules() => History.Sample(steps =>
    {
        var history = new RuleHistory();
        foreach (var (kind, value) in steps)
        {
            history.Step(kind, value);
        }
        history.Settle();
        Assert.Equal(history.Wanted, history.InForce!);
        // At rest nothing travels.
        var travelled = history.Travelled;
        history.Settle();
        Assert.Equal(travelled, history.Travelled);
    }, iter: 3000);

    [Fact]
    public void No_rule_outlives_its_lease() => History.Sample(steps =>
    {
        var history = new RuleHistory();
        foreach (var (kind, value) in steps)
        {
            history.Step(kind, value);
            Assert.True(history.Silence < RuleHistory.Lease || history.InForce is null or { Count: 0 }, $"after {history.Silence} of silence");
        }
    }, iter: 3000);

    [Fact]
    public void Only_differences_travel()
    {
        var history = new RuleHistory();
        history.Step(0, 0b001111);
        history.Settle();
        Assert.Equal(4, history.Travelled);
        history.Step(2, 0);
        history.Step(0, 0b011110);
        history.Settle();
        Assert.Equal(5, history.Travelled);
    }

    [Fact]
    public void A_restart_within_the_lease_keeps_the_rules_and_one_behind_it_does_not()
    {
        foreach (var (seconds, expected) in new[] { (29, 1), (31, 0) })
        {
            var history = new RuleHistory();
            history.Step(0, 1);
            history.Settle();
            history.Step(5, 0);
            history.Step(9, seconds);
            history.Step(6, 0);
            Assert.Equal(expected, history.InForce!.Count);
        }
    }

    [Fact]
    public void Too_much_is_refused_as_a_whole()
    {
        var keeping = new RuleKeeping(RuleHistory.Lease);
        RuleBytes Rule(int n, int length = 4) => new(BitConverter.GetBytes(n).Concat(new byte[length - 4]).ToArray());
        Assert.NotNull(keeping.Take(new(Enumerable.Range(0, RuleKeeping.MostRules).Select(n => Rule(n)).ToEquatableArray(), []), default));
        Assert.Null(keeping.Take(new([Rule(-1)], []), default));
        // Only what is a change is one.
        Assert.Equal(new RuleUpdate([Rule(-1)], [Rule(0).Digest]), keeping.Take(new([Rule(-1), Rule(1), Rule(-1)], [Rule(0).Digest, Rule(-9).Digest]), default));
        Assert.True(keeping.Take(new([Rule(-1)], [Rule(-9).Digest]), default)!.IsEmpty);
        Assert.Null(keeping.Take(new([Rule(-2, RuleKeeping.MostBytes + 1)], [Rule(1).Digest]), default));
        Assert.Equal(RuleKeeping.MostRules, keeping.Held.Count);
    }

    /// <summary>What a peer would refuse with all the rest is not asked of it, and the policy hears why.</summary>
    [Fact]
    public void What_is_asked_is_what_a_peer_takes() => Gen.Int[1, RuleKeeping.MostBytes + 100].Array[0, 80].Sample(lengths =>
    {
        var (allowance, keeping) = (new RuleAllowance(), new RuleKeeping(RuleHistory.Lease));
        RuleBytes[] rules = [.. lengths.Select((length, n) => new RuleBytes((byte[])[.. BitConverter.GetBytes(n), .. new byte[length]]))];
        var asked = rules.Where(rule => allowance.Take(rule) is null).ToEquatableArray();
        Assert.NotNull(keeping.Take(new(asked, []), default));
        // Nothing is left out that would have had its place.
        Assert.All(rules.Where(rule => !asked.AsSpan().Contains(rule)), rule => Assert.True(
            rule.Content.Length > RuleKeeping.MostBytes || asked.Sum(one => (long)one.Content.Length) + rule.Content.Length > RuleKeeping.MostBytesTogether - RuleKeeping.MostBytes));
    }, iter: 200);

    [Fact]
    public void What_an_earlier_life_held_lives_no_longer_than_a_lease()
    {
        var now = TimeSpan.FromHours(1);
        var keeping = new RuleKeeping(RuleHistory.Lease);
        keeping.Restore([new(new byte[] { 1 })], now + TimeSpan.FromHours(1), now);
        Assert.False(keeping.Expire(now));
        Assert.False(keeping.Expire(now + RuleHistory.Lease - TimeSpan.FromSeconds(1)));
        Assert.True(keeping.Expire(now + RuleHistory.Lease));
    }

    [Fact]
    public void What_is_no_longer_wanted_is_reported_no_longer()
    {
        RuleBytes one = new(new byte[] { 1 }), two = new(new byte[] { 2 });
        var sending = new RuleSending();
        sending.Want([one, two]);
        sending.Note(new(one.Digest, RuleState.Installed, ""));
        sending.Note(new(new(99), RuleState.Rejected, "of nobody's"));
        Assert.Equal([RuleState.Installed, RuleState.Asked], new[] { one, two }.Select(rule => sending.Of(rule.Digest).State));
        sending.Want([two]);
        sending.Want([one, two]);
        Assert.Equal(RuleState.Asked, sending.Of(one.Digest).State);
        sending.Expire();
        Assert.All(sending.Reports, report => Assert.Equal(RuleState.Expired, report.State));
    }

    [Fact]
    public void A_peer_is_called_again_later_and_later_and_never_all_at_once()
    {
        Gen.Double[0, 1].Sample(jitter =>
        {
            var pace = new RedialPace(() => jitter);
            var waits = Enumerable.Range(0, 10).Select(_ => pace.Next()).ToList();
            Assert.Equal(waits.Order(), waits);
            Assert.InRange(waits[0], TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1));
            Assert.InRange(waits[^1], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
            pace.Reset();
            Assert.Equal(waits[0], pace.Next());
        }, iter: 100);
    }
}
