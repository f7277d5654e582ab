using Waymark.FilterRules;
using Waymark.Flows;

namespace Waymark.Linux.Verification;

/// <summary>A situation, and what the decision says of packets in it.</summary>
/// <param name="Situation">The situation.</param>
/// <param name="ConnectionMark">The mark of the packet's connection.</param>
/// <param name="Says">What the decision says, by class (null: no rule matches) and family.</param>
internal sealed record SituationCheck(Situation Situation, uint ConnectionMark, Func<FilterClass?, IpFamily, Expected> Says)
{
    /// <summary>The packet's mark when it comes.</summary>
    public uint Mark { get; init; }

    /// <summary>The generation that its connection bears afterwards, where policies have a say in it; null: whichever.</summary>
    public int? Generation { get; init; }

    /// <summary>Families that it can happen in; null: both.</summary>
    public IpFamily? Only { get; init; }

    /// <summary>Whether what goes to neighbours is left alone in it, whoever decides.</summary>
    public bool SparesNeighbours { get; init; } = true;

    /// <summary>The class that the connection bears; null: it is found by the packet's selectors.</summary>
    public FilterClass? Bears { get; init; }

    /// <summary>Whether the class was found before, and no selector is asked.</summary>
    public bool IsClassified { get; init; }
}
