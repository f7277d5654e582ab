using System.Diagnostics;
using Waymark.Policies;

namespace Waymark.Peers;

/// <summary>Wishes as the node at the other end would say them: what has a direction is called by the other one's name.</summary>
internal static class WishMirror
{
    /// <summary>The word by which the other end calls what is <paramref name="characteristic"/> here: <c>bandwidth</c>, towards us, is its <c>bandwidth.up</c>.</summary>
    public static string Word(string characteristic) => characteristic switch
    {
        "bandwidth" => "bandwidth.up",
        "bandwidth.up" => "bandwidth",
        "available" => "available.up",
        "available.up" => "available",
        "loss.down" => "loss.up",
        "loss.up" => "loss.down",
        _ => characteristic,
    };

    /// <summary>The image of what is wanted.</summary>
    public static PolicyAction Of(PolicyAction action) => action is not PolicyAction.Wish wish ? action : wish with
    {
        Require = wish.Require.Select(Of).ToEquatableArray(),
        Prefer = wish.Prefer.Select(Of).ToEquatableArray(),
        Balance = wish.Balance is { } balance ? new(balance.By is null ? null : Word(balance.By), balance.Per) : null,
    };

    private static Criterion Of(Criterion criterion) => criterion switch
    {
        Criterion.ByNumber number => number with { Characteristic = Word(number.Characteristic) },
        Criterion.ByPredicate(var predicate) => new Criterion.ByPredicate(Of(predicate)),
        _ => throw new UnreachableException(),
    };

    private static Predicate Of(Predicate predicate) => predicate switch
    {
        Predicate.And(var operands) => new Predicate.And(operands.Select(Of).ToEquatableArray()),
        Predicate.Or(var operands) => new Predicate.Or(operands.Select(Of).ToEquatableArray()),
        Predicate.Not(var operand) => new Predicate.Not(Of(operand)),
        Predicate.For(var operand, var duration) => new Predicate.For(Of(operand), duration),
        Predicate.Compare compare => compare with { Characteristic = Word(compare.Characteristic) },
        Predicate.Is or Predicate.Flag or Predicate.Label => predicate,
        _ => throw new UnreachableException(),
    };
}
