namespace Waymark.PathDecision;

/// <summary>What a decision had to look at anew; all else is the last one's.</summary>
/// <param name="IsFull">Whether there was no last one to go on from: everything was decided.</param>
/// <param name="Predicates">Single claims about a path (<c>delay &lt; 80 ms</c>) that were evaluated: those whose limit a value met or crossed, and those of what they decide.</param>
/// <param name="Rankings">Facts of rankings (which path is best, who is within its tolerance) that were found or looked at again because a value in them changed.</param>
/// <param name="Conditions">Conditions of rules that were evaluated.</param>
/// <param name="Classes">Classes that were decided, each in one region.</param>
/// <param name="Policies">Policies whose standing was gone through.</param>
public sealed record DecisionEffort(bool IsFull, int Predicates, int Rankings, int Conditions, int Classes, int Policies);
