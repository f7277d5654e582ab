using CsCheck;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Exchange;

namespace Waymark.Tests.Policies.Language;

public sealed class FlowReferencesTests
{
    [Fact]
    public void Names_that_nothing_defines_and_definitions_by_themselves_are_told()
    {
        var ssh = new Flow { Named = "ssh" };
        var set = new PolicySet
        {
            Definitions = [new("a", [new() { Named = "b" }]), new("b", [new() { Named = "a" }]), new("c", [ssh])],
            Statements =
            [
                new Policy { Flows = [ssh, new() { Named = "c" }], Action = new PolicyAction.Drop() },
                new PolicyRule { Condition = new Condition.Always(), Then = [new Policy { Flows = [new() { Extras = [new FlowExtra.Not([new() { Named = "d" }])] }, new() { Named = "d" }], Action = new PolicyAction.Drop() }] },
            ],
        };
        Assert.Equal(["WAY1001: no flow is called 'd'", "WAY1003: the flow 'a' is defined by itself: a -> b -> a"], FlowReferences.Check(set, "t").Select(one => $"{one.Code}: {one.Message}"));
    }

    [Fact]
    public void What_it_finds_is_what_the_parser_finds_in_the_same_set_as_a_text() => PolicySetSamples.Set.Sample(set =>
        Assert.Equal(Codes(PolicyLanguage.Parse(PolicyPrinter.Print(set), "t").Diagnostics), Codes(FlowReferences.Check(set, "t"))), iter: 400);

    private static IEnumerable<string> Codes(EquatableArray<Diagnostic> diagnostics) =>
        diagnostics.Where(one => one.Code is "WAY1001" or "WAY1003" or "WAY0008").Select(one => one.Code).Distinct().Order(StringComparer.Ordinal);
}
