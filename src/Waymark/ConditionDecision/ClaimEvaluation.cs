using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.ConditionDecision;

/// <summary>
/// Whether claims hold of paths, three-valued. A claim about one path may be asked of one family (<c>up</c> is per family) or of the path as such.
/// No operand is skipped, even where the answer is settled: each <c>for</c> in it has to be told at every decision.
/// </summary>
internal sealed class ClaimEvaluation
{
    private static readonly Measured FreeOfCharge = new(CharacteristicValue.Of(0.0), DateTimeOffset.UnixEpoch, 0, "no tariff");
    private static readonly Measured Unlimited = new(CharacteristicValue.Of(double.PositiveInfinity), DateTimeOffset.UnixEpoch, 0, "no quota");
    private static readonly Measured Never = new(CharacteristicValue.Of(false), DateTimeOffset.UnixEpoch, 0, "not set");

    private readonly HoldTimers timers;
    private readonly HashSet<PathId> disabled;
    private readonly Dictionary<PathId, PathCharacteristics> known;

    public ClaimEvaluation(World world, HoldTimers timers)
    {
        this.timers = timers;
        disabled = [.. world.Disabled];
        known = world.Characteristics.Paths.ToDictionary(one => one.Path);
    }

    public bool IsDisabled(Path path) => disabled.Contains(path.Id);

    /// <summary>Whether flows of <paramref name="family"/> (null: of any) get through the path at the moment.</summary>
    public bool IsUp(Path path, IpFamily? family)
    {
        if (IsDisabled(path) || !path.HasCarrier)
        {
            return false;
        }
        foreach (var half in path.Halves)
        {
            if (family is null || half.Family == family)
            {
                // Without a reachability test there is only the link's own word: carrier, an address and a route.
                if (Find(path, PathCharacteristics.Up(half.Family))?.Value.Flag ?? true)
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>The value of a characteristic; null: unknown. What a path has no limit on is known.</summary>
    public Measured? Look(Path path, string characteristic, IpFamily? family) => characteristic switch
    {
        "up" => Up(path, family),
        "movable" => new(CharacteristicValue.Of(path.IsMovable), timers.Now, 0, path.Id.Protocol),
        "estimated" => new(CharacteristicValue.Of(Up(path, family).IsEstimated), timers.Now, 0, "up"),
        "cost" => Find(path, characteristic) ?? FreeOfCharge,
        "quota" => Find(path, characteristic) ?? Unlimited,
        "metered" or "encrypted" => Find(path, characteristic) ?? Never,
        _ => Find(path, characteristic),
    };

    /// <summary>Evaluates a claim about one path.</summary>
    /// <param name="predicate">The claim.</param>
    /// <param name="path">The path.</param>
    /// <param name="family">The flows' family; null: the path as such.</param>
    /// <param name="findings">Where each single claim that was looked at is noted; null: nowhere.</param>
    public Truth Evaluate(Predicate predicate, Path path, IpFamily? family, List<Finding>? findings)
    {
        switch (predicate)
        {
            case Predicate.And(var operands):
            {
                var truth = Truth.True;
                foreach (var operand in operands)
                {
                    truth = Kleene.And(truth, Evaluate(operand, path, family, findings));
                }
                return truth;
            }
            case Predicate.Or(var operands):
            {
                var truth = Truth.False;
                foreach (var operand in operands)
                {
                    truth = Kleene.Or(truth, Evaluate(operand, path, family, findings));
                }
                return truth;
            }
            case Predicate.Not(var operand):
                return Kleene.Not(Evaluate(operand, path, family, findings));
            case Predicate.For(var operand, var duration):
                return timers.HasHeld($"{path.Id} {family} {PolicyPrinter.Print(predicate)}", Evaluate(operand, path, family, findings), duration);
            case Predicate.Compare compare:
            {
                var measured = Look(path, compare.Characteristic, family);
                return Note(compare, compare.Characteristic, measured, measured is { Value.Kind: CharacteristicKind.Numeric } m
                    ? Kleene.Of(Holds(m.Value.Number, compare.Comparison, compare.Limit.ToDouble())) : Truth.Unknown, findings);
            }
            case Predicate.Is { } word:
            {
                var measured = Look(path, word.Characteristic, family);
                return Note(word, word.Characteristic, measured, measured is { Value.Kind: CharacteristicKind.Name } m
                    ? Kleene.Of((m.Value.Word == word.Word) == word.Equal) : Truth.Unknown, findings);
            }
            case Predicate.Flag { } flag:
            {
                var measured = Look(path, flag.Characteristic, family);
                return Note(flag, flag.Characteristic, measured, measured is { Value.Kind: CharacteristicKind.Flag } m ? Kleene.Of(m.Value.Flag) : Truth.Unknown, findings);
            }
            case Predicate.Label { } label:
            {
                var measured = label.Key == "name"
                    ? new Measured(CharacteristicValue.Of(path.Name), timers.Now, 0, "name")
                    : Find(path, PathCharacteristics.LabelPrefix + label.Key);
                return Note(label, PathCharacteristics.LabelPrefix + label.Key, measured, Kleene.Of((measured?.Value.Word == label.Value) == label.Equal), findings);
            }
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static Truth Note(Predicate claim, string characteristic, Measured? measured, Truth truth, List<Finding>? findings)
    {
        findings?.Add(new(claim, characteristic, truth, measured));
        return truth;
    }

    private static bool Holds(double value, Comparison comparison, double limit) => comparison switch
    {
        Comparison.Less => value < limit,
        Comparison.LessOrEqual => value <= limit,
        Comparison.Greater => value > limit,
        Comparison.GreaterOrEqual => value >= limit,
        Comparison.Equal => value == limit,
        Comparison.NotEqual => value != limit,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private Measured Up(Path path, IpFamily? family)
    {
        if (IsDisabled(path))
        {
            return new(CharacteristicValue.Of(false), timers.Now, 0, "disabled");
        }
        var up = IsUp(path, family);
        foreach (var half in path.Halves)
        {
            if ((family is null || half.Family == family) && path.HasCarrier && Find(path, PathCharacteristics.Up(half.Family)) is { } measured && measured.Value.Flag == up)
            {
                return measured;
            }
        }
        return new(CharacteristicValue.Of(up), timers.Now, 0, path.HasCarrier ? "address and route" : "carrier") { IsEstimated = up };
    }

    private Measured? Find(Path path, string name) =>
        known.TryGetValue(path.Id, out var values) && values.TryGet(name, out var measured) ? measured : null;
}
