using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>
/// Holds an nftables table, as it was read back, to a decision: rebuilds what its rules do with packets in every situation, over the whole packet space, and tells every difference by a packet.
/// </summary>
internal static class TableVerification
{
    /// <summary>So many questions about two boxes may be asked in all: a minute or two, and boxes for some hundred megabytes.</summary>
    public const long MostSteps = 300_000_000;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Compares a table alone.</summary>
    /// <param name="table">The table.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="most">How many differences are told.</param>
    /// <param name="steps">How many steps it may take; what they are not enough for is not proven, and told.</param>
    public static VerificationReport Verify(NftablesTable table, VerifiedDecision decision, Territory territory, int most, long steps = MostSteps) =>
        Verify(table, decision, territory, most, steps, (_, _) => { });

    /// <summary>Compares a table, and routing behind it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rules">The routing rules of both families, in order of priority.</param>
    /// <param name="routes">The routes of both families.</param>
    /// <param name="nameOf">Names of devices by index.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="most">How many differences are told.</param>
    public static VerificationReport Verify(
        NftablesTable table, IReadOnlyList<RoutingRule> rules, IReadOnlyList<Route> routes, Func<int, string> nameOf, VerifiedDecision decision, Territory territory, int most) =>
        Verify(table, decision, territory, most, MostSteps, (meaning, findings) =>
        {
            var routing = new RoutingVerification(decision, meaning, territory, nameOf, findings);
            foreach (var family in Families)
            {
                routing.Check(family, [.. rules.Where(rule => rule.Family == family)], routes);
            }
        }) with { Routes = rules.Count + routes.Count };

    private static VerificationReport Verify(NftablesTable table, VerifiedDecision decision, Territory territory, int most, long steps, Action<DecisionMeaning, Findings> alsoCheck)
    {
        var numbers = InstallerMemory.Of(table).Paths;
        var meaning = new DecisionMeaning(decision, numbers);
        var findings = new Findings(most);
        var read = new ReadTable(table, decision.Cgroups);
        var hooks = new HookVerification(read, decision, territory, new(decision.Paths, numbers, territory), findings);
        var situations = new Situations(decision, meaning, territory);
        var count = 0;
        Check(situations.Unclassified());
        // What the rules in force gave to connections that had none.
        var inForce = hooks.Generations.Order().ToList();
        if (inForce.Count == 0 && !decision.Rules.Rules.IsEmpty)
        {
            findings.AddNotUnderstood("no rule gives a connection a generation, as far as was found out: later packets are not looked at");
        }
        // Generation 0 is that of connections that no rules have seen, whatever is in force.
        Check(Enumerable.Range(0, Situations.Generations).Where(generation => generation == 0 || !inForce.Contains(generation)).SelectMany(generation => situations.Outdated(generation, inForce is [var only] ? only : null)));
        Check(inForce.SelectMany(generation => situations.Classified(generation).Concat(situations.Leaving(generation))));
        Check(situations.Inbound().Concat(situations.LeftAlone()));
        alsoCheck(meaning, findings);
        return new()
        {
            Differences = findings.Differences,
            NotUnderstood = findings.NotUnderstood,
            Situations = count,
            Regions = hooks.Regions,
            Elements = table.Sets.Sum(set => set.Elements.Count),
            Rules = table.Chains.Sum(chain => chain.Rules.Count),
        };

        void Check(IEnumerable<SituationCheck> checks)
        {
            foreach (var group in checks.SelectMany(check => new[] { check, situations.Plain(check) }).GroupBy(check => check.Situation))
            {
                // Half of what is left: one that takes too many leaves enough for the others.
                var allowed = read.Space.Budget = steps / 2;
                try
                {
                    hooks.Check([.. group]);
                }
                catch (EffortSpentException)
                {
                    // Nothing is wrong in the world: it is only not known.
                    findings.AddNotUnderstood(string.Create(CultureInfo.InvariantCulture, $"{group.Key.Name}: a proof would take more than {allowed:N0} steps"));
                }
                steps -= allowed - read.Space.Budget;
                count++;
            }
        }
    }
}
