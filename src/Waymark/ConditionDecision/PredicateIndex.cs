using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>
/// What hangs on each characteristic of a path: the single claims about it, comparisons in order of their limits, with the classes and conditions that they stand in, and the
/// classes that weigh paths by it. A number that becomes another meets only the limits between the two.
/// </summary>
internal sealed class PredicateIndex
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Of all that merged policies say.</summary>
    /// <param name="classes">Their classes.</param>
    /// <param name="conditions">Their conditions.</param>
    public PredicateIndex(EquatableArray<PolicyClass> classes, IReadOnlyList<Condition> conditions)
    {
        var found = new Dictionary<string, Gathered>(StringComparer.Ordinal);
        for (var i = 0; i < classes.Count; i++)
        {
            foreach (var action in classes[i].Else.Prepend(classes[i].Action))
            {
                Gather(found, action, classes[i], i);
            }
        }
        for (var i = 0; i < conditions.Count; i++)
        {
            Gather(found, conditions[i], i);
        }
        foreach (var (characteristic, gathered) in found)
        {
            entries.Add(characteristic, new(gathered));
        }
    }

    /// <summary>Marks what a characteristic of a path decides that was one thing and is another now.</summary>
    public void Mark(string characteristic, PathState before, PathState after, Affected affected)
    {
        if (!entries.TryGetValue(characteristic, out var entry))
        {
            return;
        }
        double? was = before.Number(characteristic, null), now = after.Number(characteristic, null);
        if (was is { } from && now is { } to)
        {
            var (low, high) = from < to ? (from, to) : (to, from);
            for (var i = FirstAtLeast(entry.Limits, low); i < entry.Limits.Length && entry.Limits[i] <= high; i++)
            {
                affected.Ask(entry.Comparisons[i], before, after);
            }
        }
        else if (was is not null || now is not null)
        {
            Array.ForEach(entry.Comparisons, claim => affected.Ask(claim, before, after));
        }
        Array.ForEach(entry.Words, claim => affected.Ask(claim, before, after));
        affected.Weighing.UnionWith(entry.Weighed);
    }

    private static int FirstAtLeast(double[] limits, double value)
    {
        int low = 0, high = limits.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = limits[middle] < value ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private static void Gather(Dictionary<string, Gathered> found, PolicyAction action, PolicyClass of, int index)
    {
        switch (action)
        {
            case PolicyAction.Wish wish:
                foreach (var predicate in wish.Require)
                {
                    Gather(found, predicate, one => one.Classes, index);
                }
                foreach (var criterion in wish.Prefer)
                {
                    // What a number ranks is followed by the facts that its ranking found.
                    if (criterion is Criterion.ByPredicate(var predicate))
                    {
                        Gather(found, predicate, one => one.Classes, index);
                    }
                }
                if (wish.Balance?.By is { } weight)
                {
                    Append(Of(found, weight).Weighed, index);
                }
                break;
            case PolicyAction.Closest when of.Action is PolicyAction.Wish main:
                foreach (var claim in main.Require.SelectMany(Claims))
                {
                    Append(Of(found, ClaimEvaluation.CharacteristicOf(claim)).Weighed, index);
                }
                break;
        }
    }

    private static void Gather(Dictionary<string, Gathered> found, Condition condition, int index)
    {
        switch (condition)
        {
            case Condition.And(var operands):
                operands.ToList().ForEach(operand => Gather(found, operand, index));
                break;
            case Condition.Or(var operands):
                operands.ToList().ForEach(operand => Gather(found, operand, index));
                break;
            case Condition.Not(var operand):
                Gather(found, operand, index);
                break;
            case Condition.For(var operand, _):
                Gather(found, operand, index);
                break;
            case Condition.Quantified(_, { } predicate):
                Gather(found, predicate, one => one.Conditions, index);
                break;
            case Condition.Count { Predicate: { } predicate }:
                Gather(found, predicate, one => one.Conditions, index);
                break;
            case Condition.NamedPath(_, var predicate):
                Gather(found, predicate, one => one.Conditions, index);
                break;
        }
    }

    private static void Gather(Dictionary<string, Gathered> found, Predicate predicate, Func<Dependents, List<int>> whose, int index)
    {
        foreach (var claim in Claims(predicate))
        {
            var claims = Of(found, ClaimEvaluation.CharacteristicOf(claim)).Claims;
            if (!claims.TryGetValue(claim, out var dependents))
            {
                claims.Add(claim, dependents = new());
            }
            Append(whose(dependents), index);
        }
    }

    /// <summary>The single claims in a claim.</summary>
    private static IEnumerable<Predicate> Claims(Predicate predicate) => predicate switch
    {
        Predicate.And(var operands) => operands.SelectMany(Claims),
        Predicate.Or(var operands) => operands.SelectMany(Claims),
        Predicate.Not(var operand) => Claims(operand),
        Predicate.For(var operand, _) => Claims(operand),
        _ => [predicate],
    };

    private static Gathered Of(Dictionary<string, Gathered> found, string characteristic)
    {
        if (!found.TryGetValue(characteristic, out var gathered))
        {
            found.Add(characteristic, gathered = new());
        }
        return gathered;
    }

    // They come in order: a second mention stands at the end.
    private static void Append(List<int> list, int index)
    {
        if (list.Count == 0 || list[^1] != index)
        {
            list.Add(index);
        }
    }

    /// <summary>A claim, and by index the classes and conditions that it stands in.</summary>
    internal sealed record Claim(Predicate Predicate, int[] Classes, int[] Conditions);

    private sealed class Entry(Gathered gathered)
    {
        /// <summary>In order of <see cref="Limits"/>.</summary>
        public Claim[] Comparisons { get; } =
            [.. gathered.Claims.Where(one => one.Key is Predicate.Compare).OrderBy(one => ((Predicate.Compare)one.Key).Limit.ToDouble()).Select(Made)];

        public double[] Limits { get; } = [.. gathered.Claims.Keys.OfType<Predicate.Compare>().Select(one => one.Limit.ToDouble()).Order()];

        /// <summary>Those that are no comparison of numbers.</summary>
        public Claim[] Words { get; } = [.. gathered.Claims.Where(one => one.Key is not Predicate.Compare).Select(Made)];

        /// <summary>Classes that may choose by its very value: by shares in proportion to it, or by how far it misses a limit.</summary>
        public int[] Weighed { get; } = [.. gathered.Weighed];

        private static Claim Made(KeyValuePair<Predicate, Dependents> one) => new(one.Key, [.. one.Value.Classes], [.. one.Value.Conditions]);
    }

    private sealed class Gathered
    {
        public Dictionary<Predicate, Dependents> Claims { get; } = [];

        public List<int> Weighed { get; } = [];
    }

    private sealed class Dependents
    {
        public List<int> Classes { get; } = [];

        public List<int> Conditions { get; } = [];
    }
}
