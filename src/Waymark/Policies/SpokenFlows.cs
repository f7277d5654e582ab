namespace Waymark.Policies;

/// <summary>Every flow that policy sets speak of, wherever it stands.</summary>
public static class SpokenFlows
{
    /// <summary>Those of definitions, of policies in rules at any depth, and those behind a <c>not</c>, each as often as it stands there.</summary>
    public static IEnumerable<Flow> In(IEnumerable<PolicySet> sets) => sets.SelectMany(set => set.Definitions.SelectMany(definition => definition.Flows).Concat(In(set.Statements))).SelectMany(WithExceptions);

    private static IEnumerable<Flow> In(EquatableArray<Statement> statements) => statements.SelectMany(statement => statement switch
    {
        Policy policy => policy.Flows,
        PolicyRule rule => In(rule.Then).Concat(In(rule.Otherwise)),
        _ => Enumerable.Empty<Flow>(),
    });

    private static IEnumerable<Flow> WithExceptions(Flow flow) => flow.Extras.OfType<FlowExtra.Not>().SelectMany(not => not.Flows).SelectMany(WithExceptions).Prepend(flow);
}
