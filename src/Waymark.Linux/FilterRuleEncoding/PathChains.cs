using Waymark.Linux.Nftables;
using static Waymark.Linux.FilterRuleEncoding.Instructions;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The chains of each path number, the map from pin to path, and the chain of those that may not go on.</summary>
internal static class PathChains
{
    /// <summary>The map from a connection's pin to its path.</summary>
    public const string Pins = "pin_path";

    /// <summary>The chain that refuses a packet.</summary>
    public const string Dead = "dead";

    /// <summary>What a path chain's comment starts with; the path's id follows.</summary>
    public const string PathComment = "path ";

    /// <summary>The chain that pins a new connection to a path and marks its packet.</summary>
    public static string NewPin(int number) => $"n{number}";

    /// <summary>The chain that marks a packet for its path.</summary>
    public static string Mark(int number) => $"p{number}";

    /// <summary>Adds them.</summary>
    public static void AddTo(TableContent content, PathNumbers numbers, IReadOnlyList<NumberedPath> present, Territory territory)
    {
        var there = present.Select(one => one.Number).ToHashSet();
        var all = Enumerable.Range(1, numbers.Paths.Count).ToList();
        // A pin that the map does not know is dead: connections of a path that is gone are refused, not set free. So a path is closed by taking an element away,
        // which costs the kernel nothing; adding one that leads to a chain has it walk all maps of the table, to see that no chain leads back to itself.
        content.AddVerdicts(Pins, all.Where(there.Contains).Select(number => ClassBindings.Element(territory.CtPath(number), NftablesVerdict.Goto(Mark(number)))));
        foreach (var number in all)
        {
            var pin = Rule(SetCtMark(territory.CtPathMask, territory.CtPath(number)));
            content.Add(Mark(number), Rule(SetMark(territory.FwMark, territory.StrictBit | territory.Mark(number))) with { Comment = PathComment + numbers.Paths[number - 1] });
            content.Add(NewPin(number), pin, Rule(Goto(Mark(number))));
            content.Add($"i{number}", pin);
        }
        content.Add(Dead,
            Rule(Protocol(6), [new NftablesExpression.Reject(TcpReset: true)]),
            Rule([new NftablesExpression.Reject(TcpReset: false)]));
    }
}
