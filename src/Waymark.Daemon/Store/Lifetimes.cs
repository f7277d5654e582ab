using System.Diagnostics;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Daemon.Store;

/// <summary>Since when policies with a lifetime count: the same text keeps its time, whatever else its set comes to say (language, Meaning 7).</summary>
internal static class Lifetimes
{
    /// <summary>What each policy with a lifetime says.</summary>
    public static HashSet<string> Texts(PolicySet set) => Of(set.Statements).Select(PolicyPrinter.Print).ToHashSet(StringComparer.Ordinal);

    /// <summary>Each policy with a lifetime, and since when it counts.</summary>
    /// <param name="set">Where they stand.</param>
    /// <param name="known">Since when those count that are known, by what they say.</param>
    /// <param name="now">Since when the others do.</param>
    public static EquatableArray<KeyValuePair<Policy, DateTimeOffset>> Since(PolicySet set, IReadOnlyDictionary<string, DateTimeOffset> known, DateTimeOffset now) =>
        Of(set.Statements).Distinct().Select(policy => KeyValuePair.Create(policy, known.GetValueOrDefault(PolicyPrinter.Print(policy), now))).ToEquatableArray();

    private static IEnumerable<Policy> Of(EquatableArray<Statement> statements) => statements.SelectMany(one => one switch
    {
        Policy policy => policy.Lifetime is null ? [] : [policy],
        PolicyRule rule => Of(rule.Then).Concat(Of(rule.Otherwise)),
        _ => throw new UnreachableException(),
    });
}
