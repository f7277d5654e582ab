using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// The half of a decision that knows policies: what each became, its rules, its standing. It depends on which policies are elected and how their classes stand, not on
/// measurements, so that nearly every decision goes on with the last one's; where it can't, with those pieces of it that stand as before.
/// </summary>
internal sealed class PolicyOutline
{
    private readonly OutlinePiece[] pieces;

    /// <summary>Goes through all policies.</summary>
    /// <param name="runs">The policies, in order of precedence.</param>
    /// <param name="elected">By index of run: whether they are elected.</param>
    /// <param name="ground">What they are resolved on.</param>
    /// <param name="last">That of the last decision, of the same policies and regions; null: there is none.</param>
    public PolicyOutline(IReadOnlyList<PolicyRun> runs, Truth[] elected, OutlineGround ground, PolicyOutline? last)
    {
        pieces = new OutlinePiece[runs.Count];
        for (var i = 0; i < pieces.Length; i++)
        {
            if (last is not null && last.pieces[i].Holds(elected[i], ground))
            {
                pieces[i] = last.pieces[i];
            }
            else
            {
                pieces[i] = new(runs[i], elected[i], ground);
                Walked += runs[i].End - runs[i].Start;
            }
            NextEnd = Waiting.Earlier(NextEnd, pieces[i].NextEnd);
        }
        Rules = Joined(one => one.Rules);
        Standings = Joined(one => one.Standings);
        Unresolved = Joined(one => one.Unresolved);
        Classes = [.. pieces.SelectMany(one => one.Classes).Distinct()];
    }

    /// <summary>The filter rules, in order of precedence.</summary>
    public EquatableArray<FilterRule> Rules { get; }

    /// <summary>Every policy's standing, in order of precedence.</summary>
    public EquatableArray<PolicyStanding> Standings { get; }

    /// <summary>Policies that could not be resolved, in order of precedence.</summary>
    public EquatableArray<Unresolved> Unresolved { get; }

    /// <summary>The classes that are in force, each once.</summary>
    public IReadOnlyList<ClassPlace> Classes { get; }

    /// <summary>When the next lifetime of a policy ends; null: none does.</summary>
    public DateTimeOffset? NextEnd { get; }

    /// <summary>How many policies were gone through; the others are the last one's.</summary>
    public int Walked { get; }

    private EquatableArray<T> Joined<T>(Func<OutlinePiece, IReadOnlyList<T>> part)
    {
        var all = new List<T>(pieces.Sum(one => part(one).Count));
        foreach (var piece in pieces)
        {
            all.AddRange(part(piece));
        }
        return all.ToEquatableArray();
    }
}
