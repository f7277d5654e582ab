using CsCheck;
using Waymark.ConditionDecision;
using Waymark.Conflicts;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Tests.Conflicts;

/// <summary>What is found is what the definitions say, read off every packet of a small world and every state of its conditions, and nothing else.</summary>
public sealed class ConflictAnalysisTests
{
    private static readonly Condition A = new Condition.PeerConnected("a"), B = new Condition.PeerConnected("b");

    /// <summary>Every address of a prefix and one outside of each family, every port of a range and one outside, two protocols with ports and one without.</summary>
    private static readonly Packet[] World =
    [
        .. from address in Enumerable.Range(0, 16).Select(i => $"203.0.113.{i}").Append("198.51.100.1").Append("2001:db8::1").Select(IpAddress.Parse)
           from protocol in new byte[] { 6, 17, 1 }
           from port in protocol == 1 ? [null] : Enumerable.Range(0, 5).Select(i => (ushort?)i)
           select new Packet { Protocol = protocol, Local = new(address.Family, 1), Peer = address, LocalPort = port is null ? null : (ushort)9, PeerPort = port, IcmpType = port is null ? (byte)8 : null, IcmpCode = port is null ? (byte)0 : null },
    ];

    private static readonly Gen<Flow> Flows = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 15], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3]).Select((bits, address, low, high, protocol, kind) => new Flow
    {
        Protocol = protocol switch { 0 => null, 1 => new FlowProtocol.Transport(TransportProtocol.Tcp, []), _ => new FlowProtocol.Transport(TransportProtocol.Udp, []) },
        Peer = (kind & 1) == 0 && kind != 0 && protocol > 0
            ? new() { Ports = [new((uint)Math.Min(low, high), (uint)Math.Max(low, high))] }
            : new() { Addresses = [new(new IpAddress(IpFamily.V4, 0xcb007100u + (uint)address), 28 + bits)], Ports = protocol > 0 && kind == 3 ? [new((uint)Math.Min(low, high), (uint)Math.Max(low, high))] : [] },
    });

    private static readonly Gen<Statement> OneStatement = Gen.Select(Flows.Array[1, 2], Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 9]).Select((flows, action, guard, lifetime) =>
    {
        Statement policy = new Policy
        {
            Flows = flows.ToEquatableArray(),
            Action = action switch { 0 => new PolicyAction.Drop(), 1 => new PolicyAction.Default(), _ => Cheapest },
            Lifetime = lifetime == 0 ? TimeSpan.FromHours(1) : null,
        };
        return guard switch
        {
            0 => new PolicyRule { Condition = A, Then = [policy] },
            1 => new PolicyRule { Condition = A, Otherwise = [policy] },
            2 => new PolicyRule { Condition = B, Then = [policy] },
            3 => new PolicyRule { Condition = A, Then = [new PolicyRule { Condition = B, Otherwise = [policy] }] },
            4 => new PolicyRule { Condition = B, Then = [new PolicyRule { Condition = B, Otherwise = [policy] }] },
            _ => policy,
        };
    });

    private static PolicyAction.Wish Cheapest => new() { Prefer = [new Criterion.ByNumber("cost", false, null, null)] };

    [Fact]
    public void It_finds_what_the_definitions_say_and_nothing_else() =>
        Gen.Select(OneStatement.Array[0, 6], OneStatement.Array[0, 6]).Sample(
            (one, other) =>
            {
                var merged = Merge(("one", one), ("other", other));
                Assert.Equal(
                    Naive(merged).Select(Text),
                    ConflictAnalysis.Of(merged).Conflicts.Select(conflict => Text((conflict.Kind, IndexOf(merged, conflict.Policy), IndexOf(merged, conflict.Winner), conflict.Others))));
            },
            iter: 3000, print: sets => string.Join("\n--\n", new[] { sets.Item1, sets.Item2 }.Select(set => PolicyPrinter.Print(new PolicySet { Statements = set.ToEquatableArray() }))));

    [Fact]
    public void What_a_policy_requires_may_exclude_itself()
    {
        var parse = PolicyLanguage.Parse("tcp require delay < 10 ms, delay > 20 ms prefer lowest cost else drop;", "x.way");
        var conflict = Assert.Single(ConflictAnalysis.Of(Merge(("one", parse.Set!.Statements.ToArray()))).Conflicts);
        Assert.Equal((ConflictKind.Unsatisfiable, null), (conflict.Kind, conflict.Winner));
    }

    [Fact]
    public void With_too_many_pairs_it_says_that_it_is_not_all()
    {
        var merged = Merge(("one", [.. Enumerable.Repeat<Statement>(new Policy { Flows = [new Flow()], Action = new PolicyAction.Drop() }, 10)]));
        var report = ConflictAnalysis.Of(merged, pairs: 10);
        Assert.False(report.IsWhole);
        Assert.Equal(4, report.Conflicts.Count);
        Assert.True(ConflictAnalysis.Of(merged).IsWhole);
    }

    /// <summary>Rules that are never the first match of any packet, by the structure that answers packets: every one that is called dead here is never found there.</summary>
    [Fact]
    public void What_is_called_dead_in_a_standard_set_is_met_by_no_header()
    {
        var names = ClassBenchSet.Names("1k");
        Assert.SkipWhen(names.Count == 0, ClassBenchSet.Absence);
        foreach (var name in names)
        {
            var set = ClassBenchSet.Read(name);
            var merged = Merged(set.Rules);
            var report = ConflictAnalysis.Of(merged);
            var dead = report.Conflicts.Where(one => one.Kind is ConflictKind.Shadowed or ConflictKind.ShadowedTogether or ConflictKind.Duplicate).Select(one => set.Rules[IndexOf(merged, one.Policy)].Class).ToHashSet();
            Assert.True(report.IsWhole);
            Assert.DoesNotContain(set.Headers, header => dead.Contains(header.Expected));
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {dead.Count} of {set.Rules.Count} are dead");
        }
    }

    private static MergedPolicies Merge(params (string Requester, Statement[] Statements)[] sets) => PolicyMerge.Merge(
        sets.Select((set, rank) => new AcceptedPolicySet(new(set.Requester, rank), set.Requester, new() { Statements = set.Statements.ToEquatableArray() }, DateTimeOffset.UnixEpoch, [])), NodeNames.None);

    private static MergedPolicies Merged(IReadOnlyList<FilterRule> rules) => new([], NodeNames.None, rules.Select(rule => new MergedPolicy(
        new() { Flows = [new Flow()], Action = new PolicyAction.Drop() }, rule.Origin, new(rule.Selector, []), [], null, rule.Class, false)).ToEquatableArray(), []);

    private static int IndexOf(MergedPolicies merged, MergedPolicy? policy)
    {
        for (var i = 0; i < merged.Policies.Count; i++)
        {
            if (ReferenceEquals(merged.Policies[i], policy))
            {
                return i;
            }
        }
        return -1;
    }

    private static string Text((ConflictKind Kind, int Policy, int Winner, int Others) one) => $"{one.Policy} {one.Kind} {one.Winner}+{one.Others}";

    /// <summary>Straight from the definitions at <see cref="ConflictKind"/>.</summary>
    private static List<(ConflictKind Kind, int Policy, int Winner, int Others)> Naive(MergedPolicies merged)
    {
        var all = merged.Policies;
        var flows = all.Select(policy => World.Select(policy.Flows.Selector.Matches).ToArray()).ToArray();
        var found = new List<(ConflictKind Kind, int Policy, int Winner, int Others)>();
        var dead = new HashSet<int>();
        // Each condition is true, false or unknown.
        (Truth A, Truth B)[] states = [.. from a in Enum.GetValues<Truth>() from b in Enum.GetValues<Truth>() select (a, b)];
        bool Elected(int policy, (Truth A, Truth B) state) => all[policy].Guards.All(guard => (guard.Condition == A ? state.A : state.B) == (guard.Holds ? Truth.True : Truth.False));
        bool Covers(int earlier, int later) => all[earlier].EndsAt is null && states.Where(state => Elected(later, state)).All(state => Elected(earlier, state));
        bool Holds(int outer, int inner) => flows[inner].Zip(flows[outer], (i, o) => !i || o).All(one => one);
        for (var later = 0; later < all.Count; later++)
        {
            if (!states.Any(state => Elected(later, state)))
            {
                found.Add((ConflictKind.NeverElected, later, -1, 0));
                dead.Add(later);
                continue;
            }
            var before = Enumerable.Range(0, later).Where(earlier => !dead.Contains(earlier) && states.Any(state => Elected(earlier, state) && Elected(later, state))
                && flows[earlier].Zip(flows[later], (one, other) => one && other).Any(one => one)).ToList();
            bool Same(int earlier) => all[earlier].Class == all[later].Class;
            bool Foreign(int earlier) => all[earlier].Origin.Requester != all[later].Origin.Requester;
            if (before.Find(earlier => Covers(earlier, later) && Holds(earlier, later), out var cover))
            {
                dead.Add(later);
                found.Add((Same(cover) ? ConflictKind.Duplicate : Foreign(cover) ? ConflictKind.Overruled : ConflictKind.Shadowed, later, cover, 0));
                continue;
            }
            var always = before.Where(earlier => Covers(earlier, later)).ToList();
            if (always.Count > 1 && Enumerable.Range(0, World.Length).All(i => !flows[later][i] || always.Any(earlier => flows[earlier][i])))
            {
                dead.Add(later);
                found.Add((ConflictKind.ShadowedTogether, later, always[0], always.Count - 1));
                continue;
            }
            void Add(ConflictKind kind, Func<int, bool> isOf)
            {
                if (before.Where(earlier => !Same(earlier) && isOf(earlier)).ToList() is { Count: > 0 } those)
                {
                    found.Add((kind, later, those.Find(earlier => Holds(earlier, later) && Holds(later, earlier), out var same) ? same : those[0], those.Count - 1));
                }
            }
            bool Wider(int earlier) => Holds(later, earlier) && !Holds(earlier, later);
            Add(ConflictKind.Contradictory, Foreign);
            Add(ConflictKind.Correlated, earlier => !Foreign(earlier) && !Wider(earlier));
            Add(ConflictKind.Generalised, earlier => !Foreign(earlier) && Wider(earlier));
        }
        return [.. found.OrderBy(one => one.Kind)];
    }
}

/// <summary>Looking for a number that may be 0.</summary>
file static class Finding
{
    /// <summary>The first that fits; false where there is none.</summary>
    public static bool Find(this List<int> numbers, Predicate<int> fits, out int found)
    {
        var at = numbers.FindIndex(fits);
        found = at < 0 ? -1 : numbers[at];
        return at >= 0;
    }
}
