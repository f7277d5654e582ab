using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.ConditionDecision;

/// <summary>Module C (paper 5.2): whether conditions hold at this moment, and so which policies are elected.</summary>
internal sealed class PolicyElection(World world, ClaimEvaluation claims, HoldTimers timers)
{
    /// <summary>Whether it holds: true elects the policies inside <c>when</c>, false those inside <c>otherwise</c>, unknown neither.</summary>
    public Truth Evaluate(Condition condition)
    {
        switch (condition)
        {
            case Condition.Always:
                return Truth.True;
            case Condition.And(var operands):
            {
                var truth = Truth.True;
                foreach (var operand in operands)
                {
                    truth = Kleene.And(truth, Evaluate(operand));
                }
                return truth;
            }
            case Condition.Or(var operands):
            {
                var truth = Truth.False;
                foreach (var operand in operands)
                {
                    truth = Kleene.Or(truth, Evaluate(operand));
                }
                return truth;
            }
            case Condition.Not(var operand):
                return Kleene.Not(Evaluate(operand));
            case Condition.For(var operand, var duration):
                return timers.HasHeld(PolicyPrinter.Print(condition), Evaluate(operand), duration);
            case Condition.Quantified(var quantifier, var predicate):
                return Quantify(quantifier, predicate);
            case Condition.Count count:
                return Count(count);
            case Condition.NamedPath(var name, var predicate):
                foreach (var path in claims.Paths)
                {
                    if (path.Path.Name == name)
                    {
                        return claims.Evaluate(predicate, path, family: null, findings: null);
                    }
                }
                return Truth.Unknown;
            case Condition.Time(var from, var to):
                return Kleene.Of(CivilTime.IsWithin(from, to, world.Settings.TimeZone, timers));
            case Condition.Day(var from, var to):
                return Kleene.Of(CivilTime.IsWithin(from, to, world.Settings.TimeZone, timers));
            case Condition.PeerConnected(var peer):
                return Kleene.Of(world.ConnectedPeers.AsSpan().Contains(peer));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Truth Quantify(Quantifier quantifier, Predicate? predicate)
    {
        Truth any = Truth.False, every = claims.Paths.Count == 0 ? Truth.False : Truth.True;
        foreach (var path in claims.Paths)
        {
            var holds = predicate is null ? Truth.True : claims.Evaluate(predicate, path, family: null, findings: null);
            any = Kleene.Or(any, holds);
            every = Kleene.And(every, holds);
        }
        return quantifier switch
        {
            Quantifier.Any => any,
            Quantifier.Every => every,
            Quantifier.No => Kleene.Not(any),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Unknown where the unknown paths could change the comparison (Meaning 2).</summary>
    private Truth Count(Condition.Count count)
    {
        int least = 0, most = 0;
        foreach (var path in claims.Paths)
        {
            var holds = count.Predicate is null ? Truth.True : claims.Evaluate(count.Predicate, path, family: null, findings: null);
            least += holds == Truth.True ? 1 : 0;
            most += holds == Truth.False ? 0 : 1;
        }
        var answer = Holds(least, count.Comparison, count.Limit);
        for (var possible = least + 1; possible <= most; possible++)
        {
            if (Holds(possible, count.Comparison, count.Limit) != answer)
            {
                return Truth.Unknown;
            }
        }
        return Kleene.Of(answer);
    }

    private static bool Holds(int value, Comparison comparison, int limit) => comparison switch
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
