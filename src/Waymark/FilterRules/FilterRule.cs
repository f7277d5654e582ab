using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.FilterRules;

/// <summary>
/// Binds flows to a class (paper 2.1: filter rule, the output of module D; RFC 6089 flow binding). Rules are ordered; the first whose selector matches a packet
/// decides it. The class, not the rule, says which path.
/// </summary>
/// <param name="Selector">Which packets.</param>
/// <param name="Class">Number of the class in the same <see cref="FilterRuleSet"/>.</param>
/// <param name="Origin">Whose policy it comes from.</param>
/// <param name="EndsAt">When the rule ends by itself, in the kernel too; null: never. Equal to its class's.</param>
public sealed record FilterRule(FlowSelector Selector, int Class, PolicyOrigin Origin, DateTimeOffset? EndsAt);
