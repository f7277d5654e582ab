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
    private readonly HoldTimers timers;
    private readonly Dictionary<PathId, PathState> byId;

    public ClaimEvaluation(World world, HoldTimers timers)
    {
        this.timers = timers;
        var known = world.Characteristics.Paths.ToDictionary(one => one.Path);
        Paths = [.. world.Paths.Paths.Select((path, index) =>
            new PathState(path, index, known.GetValueOrDefault(path.Id), world.Disabled.AsSpan().Contains(path.Id), world.Now))];
        byId = Paths.ToDictionary(path => path.Id);
    }

    /// <summary>Of one path alone.</summary>
    public ClaimEvaluation(PathState path, HoldTimers timers) => (this.timers, Paths, byId) = (timers, [path], new() { [path.Id] = path });

    /// <summary>How many single claims have been looked at.</summary>
    public int Looks { get; private set; }

    /// <summary>Every path, in order.</summary>
    public IReadOnlyList<PathState> Paths { get; }

    /// <summary>The path of that id; null where there is none.</summary>
    public PathState? Find(PathId id) => byId.GetValueOrDefault(id);

    /// <summary>Evaluates a claim about one path.</summary>
    /// <param name="predicate">The claim.</param>
    /// <param name="path">The path.</param>
    /// <param name="family">The flows' family; null: the path as such.</param>
    /// <param name="findings">Where each single claim that was looked at is noted; null: nowhere.</param>
    public Truth Evaluate(Predicate predicate, PathState path, IpFamily? family, List<Finding>? findings) => Evaluate(predicate, path, family, findings, isDenied: false);

    /// <param name="predicate">The claim.</param>
    /// <param name="path">The path.</param>
    /// <param name="family">The flows' family.</param>
    /// <param name="findings">Where it is noted.</param>
    /// <param name="isDenied">Whether it stands inside an odd number of <c>not</c>: what is wanted, and noted, is its contrary.</param>
    private Truth Evaluate(Predicate predicate, PathState path, IpFamily? family, List<Finding>? findings, bool isDenied)
    {
        switch (predicate)
        {
            case Predicate.And(var operands):
            {
                var truth = Truth.True;
                foreach (var operand in operands)
                {
                    truth = Kleene.And(truth, Evaluate(operand, path, family, findings, isDenied));
                }
                return truth;
            }
            case Predicate.Or(var operands):
            {
                var truth = Truth.False;
                foreach (var operand in operands)
                {
                    truth = Kleene.Or(truth, Evaluate(operand, path, family, findings, isDenied));
                }
                return truth;
            }
            case Predicate.Not(var operand):
                return Kleene.Not(Evaluate(operand, path, family, findings, !isDenied));
            case Predicate.For(var operand, var duration):
                return timers.HasHeld($"{path.Id} {family} {PolicyPrinter.Print(predicate)}", Evaluate(operand, path, family, findings, isDenied), duration);
            default:
            {
                Looks++;
                var (characteristic, measured) = Look(predicate, path, family);
                var truth = Answer(predicate, measured);
                findings?.Add(new(isDenied ? Contrary(predicate) : predicate, characteristic, isDenied ? Kleene.Not(truth) : truth, measured));
                return truth;
            }
        }
    }

    /// <summary>Whether a single claim, one without others in it, can have another answer where <paramref name="before"/> has become <paramref name="after"/>.</summary>
    public static bool Differs(Predicate claim, PathState before, PathState after)
    {
        bool Of(IpFamily? family) => Answer(claim, Look(claim, before, family).Measured) != Answer(claim, Look(claim, after, family).Measured);
        return Of(null) || (PathState.IsPerFamily(CharacteristicOf(claim)) && (Of(IpFamily.V4) || Of(IpFamily.V6)));
    }

    /// <summary>What a single claim speaks of; a label by its name in <see cref="PathCharacteristics"/>.</summary>
    public static string CharacteristicOf(Predicate claim) => claim switch
    {
        Predicate.Compare compare => compare.Characteristic,
        Predicate.Is word => word.Characteristic,
        Predicate.Flag flag => flag.Characteristic,
        Predicate.Label label => PathCharacteristics.LabelPrefix + label.Key,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static (string Characteristic, Measured? Measured) Look(Predicate claim, PathState path, IpFamily? family)
    {
        var characteristic = CharacteristicOf(claim);
        return (characteristic, path.Look(characteristic, family));
    }

    private static Truth Answer(Predicate claim, Measured? measured) => claim switch
    {
        Predicate.Compare compare => measured is { Value.Kind: CharacteristicKind.Numeric } number
            ? Kleene.Of(Holds(number.Value.Number, compare.Comparison, compare.Limit.ToDouble())) : Truth.Unknown,
        Predicate.Is word => measured is { Value.Kind: CharacteristicKind.Name } name ? Kleene.Of((name.Value.Word == word.Word) == word.Equal) : Truth.Unknown,
        Predicate.Flag => measured is { Value.Kind: CharacteristicKind.Flag } flag ? Kleene.Of(flag.Value.Flag) : Truth.Unknown,
        Predicate.Label label => Kleene.Of((measured?.Value.Word == label.Value) == label.Equal),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What holds exactly where the claim does not, as people say it.</summary>
    private static Predicate Contrary(Predicate claim) => claim switch
    {
        Predicate.Compare compare => compare with
        {
            Comparison = compare.Comparison switch
            {
                Comparison.Less => Comparison.GreaterOrEqual,
                Comparison.LessOrEqual => Comparison.Greater,
                Comparison.Greater => Comparison.LessOrEqual,
                Comparison.GreaterOrEqual => Comparison.Less,
                Comparison.Equal => Comparison.NotEqual,
                Comparison.NotEqual => Comparison.Equal,
                _ => throw new System.Diagnostics.UnreachableException(),
            },
        },
        Predicate.Is word => word with { Equal = !word.Equal },
        Predicate.Label label => label with { Equal = !label.Equal },
        _ => new Predicate.Not(claim),
    };

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
}
