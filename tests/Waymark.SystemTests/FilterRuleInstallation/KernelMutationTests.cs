using System.Globalization;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Routing;
using Waymark.Linux.Verification;
using Waymark.Policies;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// One bit of one element, instruction, ip rule or route of a running kernel is turned, by messages that no program of ours would send, and everything is read back. What the verification calls equal is
/// held to somebody else: the kernel's own answers for every kind of packet that its routing can tell apart, and for nftables a machine that follows single packets.
/// <c>WAYMARK_MUTANTS</c> says how many, <c>WAYMARK_MUTANT_SEED</c> which ones.
/// </summary>
public sealed class KernelMutationTests
{
    private const int Paths = 2, Courses = 1_000;

    private static readonly int Mutants = Said("WAYMARK_MUTANTS", 1000), Seed = Said("WAYMARK_MUTANT_SEED", 1);

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private static readonly FilterRuleSet Set = Rules.Set(
        [To(1000, 1099, 1), To(1050, 1199, 2, 6), To(1200, 1299, 3), To(1300, 1399, 4), To(1400, 1499, 5)],
        Class(1, Use(2)) with { Backup4 = World.Id(1), Backup6 = World.Id(1) }, Class(2, Drop), Class(3, Leave),
        Class(4, new FilterAction.Spread([new(World.Id(1), 6), new(World.Id(2), 10)], BalancePer.Flow)), Class(5, Use(1), isStrict: true, 2));

    [Fact]
    public void Every_bit_that_matters_is_found_and_no_other()
    {
        using var world = new World { Uplinks = Paths };
        world.Unplug(3);
        world.Options = world.Options with { Connected = [new(IpAddress.Parse("192.168.50.0"), 24), new(IpAddress.Parse("2001:db8:50::"), 64)] };
        world.Apply(Set);
        // While its owner lives nobody else may change the table.
        world.Installer.Dispose();
        using var kernel = new MutableKernel(world);
        var (table, rules, routes) = (kernel.Table, Own(kernel.Rules), Own(kernel.Routes));
        var decision = new VerifiedDecision { Rules = Set, Paths = world.Paths(), ForwardFrom = world.Options.ForwardFrom, Masquerade = world.Options.Masquerade };
        Assert.Equal("", TableSaid(Verify()));
        var (trials, answers) = (new PacketTrials(table, Paths), Answers(kernel));
        var random = new Random(Seed);
        var (made, found, ofTable, ofRouting) = (0, 0, 0, 0);
        while (made < Mutants)
        {
            var mutant = random.Next(8) switch
            {
                < 3 => KernelMutant.Element(random, table),
                < 6 => KernelMutant.Instruction(random, table),
                6 => KernelMutant.IpRule(random, rules),
                _ => KernelMutant.Route(random, routes),
            };
            if (mutant is null || !kernel.TryMake(mutant))
            {
                // No kernel holds that.
                continue;
            }
            made++;
            if (!Verify().IsEqual)
            {
                found++;
            }
            else if (mutant is KernelMutant.OfElement or KernelMutant.OfInstruction)
            {
                var difference = trials.Difference(kernel.Table, Courses, made);
                Assert.True(difference is null, $"{mutant} was not found: {difference}");
                ofTable++;
            }
            else
            {
                var difference = Answers(kernel).Zip(answers).FirstOrDefault(pair => pair.First != pair.Second);
                Assert.True(difference == default, $"{mutant} was not found: {difference}");
                ofRouting++;
            }
            kernel.Undo(mutant);
            Assert.True(kernel.Table == table && Own(kernel.Rules).ToHashSet().SetEquals(rules) && Own(kernel.Routes).ToHashSet().SetEquals(routes), $"{mutant} is not undone");
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"seed {Seed}: {found} of {made} mutants of the kernel were found; the {ofTable + ofRouting} others change nothing: {ofTable} by packets followed one by one, {ofRouting} by the kernel's own answers"));
        Assert.True(found > made / 2 && ofTable > 0 && ofRouting > 0, $"{found} of {made}, {ofTable}, {ofRouting}");

        VerificationReport Verify() => KernelVerification.Verify(world.Node.Run(() => KernelState.Read(Territory.Default, [])), decision, Territory.Default, 1);
    }

    /// <summary>Where the kernel sends packets of each mark, source and device to each kind of destination.</summary>
    private static List<(RouteQuestion, RouteAnswer?)> Answers(MutableKernel kernel)
    {
        var territory = Territory.Default;
        var answers = new List<(RouteQuestion, RouteAnswer?)>();
        var devices = kernel.Devices;
        foreach (var family in Families)
        {
            var destinations = kernel.Routes.Where(route => route.Destination.Family == family && route.Destination.Length > 0)
                .SelectMany(route => new[] { route.Destination.First, route.Destination.Last }).Append(IpAddress.From(World.Server(family))).Distinct().Order().ToList();
            var marks = Enumerable.Range(0, Paths + 2).Append(territory.Paths).SelectMany(path => new[] { territory.Mark(path), territory.StrictBit | territory.Mark(path), territory.StrictBit | territory.Mark(path) | ~territory.FwMark });
            var questions = destinations.SelectMany(destination => marks.Select(mark => new RouteQuestion(destination) { Mark = mark })
                .Concat(Enumerable.Range(1, Paths).SelectMany(path => new[] { new RouteQuestion(destination) { Source = IpAddress.Parse(World.Address(family, path)) }, new(destination) { OutputDevice = devices[$"w{path}"] } }))
                .Concat(marks.Select(mark => new RouteQuestion(destination) { Mark = mark, InputDevice = devices["l0"], Source = IpAddress.Parse(family == IpFamily.V4 ? "192.168.50.2" : "2001:db8:50::2") })));
            // Which table had the answer is no difference to a packet.
            answers.AddRange(questions.Select(question => (question, kernel.Lookup(question) is { } answer ? answer with { Table = 0, Source = question.Source is null ? answer.Source : null } : null)));
        }
        return answers;
    }

    private static int Said(string variable, int otherwise) => Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    private static List<RoutingRule> Own(IEnumerable<RoutingRule> rules) => [.. rules.Where(rule => rule.Protocol == Territory.Default.Protocol)];

    private static List<Route> Own(IEnumerable<Route> routes) => [.. routes.Where(route => route.Protocol == Territory.Default.Protocol)];

    private static string TableSaid(VerificationReport report) => string.Join('\n', report.Differences.Select(one => $"{one.Situation}: {PacketText.Of(one.Packet)}\n{one.Decided}\n{one.Does}\n{string.Join('\n', one.By)}").Concat(report.NotUnderstood).Concat(report.Others));
}
