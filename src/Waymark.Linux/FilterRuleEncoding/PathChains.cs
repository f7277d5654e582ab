using System.Globalization;
using Waymark.Flows;
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

    /// <summary>The chain that pins connections which were there before anything of ours pinned them: the path that has the address which their peers know keeps them.</summary>
    public const string Keep = "keep";

    /// <summary>What a path chain's comment starts with; the path's id follows.</summary>
    public const string PathComment = "path ";

    /// <summary>The set of the pins whose paths are there: what <see cref="Pins"/> knows, for those who ask before they pin.</summary>
    public const string Live = "live_paths";

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];
    private static readonly bool[] Directions = [true, false];

    /// <summary>The chain that pins a new connection to a path, or to its backup where the path has been lost, and marks its packet.</summary>
    /// <param name="number">The path.</param>
    /// <param name="backup">The backup; 0: none.</param>
    public static string NewPin(int number, int backup = 0) => backup == 0 ? $"n{number}" : $"n{number}_{backup}";

    /// <summary>The numbers in the name of such a chain, the backup's last; none of another.</summary>
    public static IEnumerable<int> PinnedBy(string? chain) =>
        chain?.StartsWith('n') == true ? chain[1..].Split('_').Select(part => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture)) : [];

    /// <summary>The chain that marks a packet for its path.</summary>
    public static string Mark(int number) => $"p{number}";

    /// <summary>Adds them.</summary>
    public static void AddTo(
        TableContent content, PathNumbers numbers, IReadOnlyList<NumberedPath> present, IEnumerable<(int Path, int Backup)> backups, Territory territory)
    {
        var there = present.Select(one => one.Number).ToHashSet();
        var all = Enumerable.Range(1, numbers.Paths.Count).ToList();
        var live = all.Where(there.Contains).Select(territory.CtPath).ToList();
        // A pin that the map does not know is dead: connections of a path that is gone are refused, not set free. So a path is closed by taking an element away,
        // which costs the kernel nothing; adding one that leads to a chain has it walk all maps of the table, to see that no chain leads back to itself.
        content.AddVerdicts(Pins, all.Where(there.Contains).Select(number => ClassBindings.Element(territory.CtPath(number), NftablesVerdict.Goto(Mark(number)))));
        // A set without verdicts beside it: each class would have the kernel walk the whole map.
        content.Add(new NftablesSet { Name = Live, Key = [NftablesType.Mark], Elements = live.Select(pin => new NftablesElement(OddMatches.Host(pin), [], null, [])).ToEquatableArray() });
        foreach (var number in all)
        {
            content.Add(Mark(number), Rule(SetMark(territory.FwMark, territory.StrictBit | territory.Mark(number))) with { Comment = PathComment + numbers.Paths[number - 1] });
            content.Add(NewPin(number), FirstLive(territory, number));
            content.Add($"i{number}", Rule(SetCtMark(territory.CtPathMask, territory.CtPath(number))));
        }
        foreach (var (path, backup) in backups)
        {
            content.Add(NewPin(path, backup), FirstLive(territory, path, backup));
        }
        // By either direction: who called whom does not matter. What no path of ours has the address of goes on as a new connection does.
        content.Add(Keep, Families.SelectMany(family => Directions.Select(isReply => Rule(DestinationMap(family, isReply, AddressSets.Keepers(family))))));
        content.Add(Dead,
            Rule(Protocol(6), [new NftablesExpression.Reject(TcpReset: true)]),
            Rule([new NftablesExpression.Reject(TcpReset: false)]));
    }

    /// <summary>Pins to the first of the paths that is there; to none where all are lost. A connection that is no new one stays where it is: it would not survive another address.</summary>
    private static IEnumerable<NftablesRule> FirstLive(Territory territory, params IEnumerable<int> paths) =>
        paths.SelectMany(number => new[]
        {
            Rule(SetCtMark(territory.CtPathMask, territory.CtPath(number))),
            Rule(CtMarkIn(territory.CtPathMask, Live), Goto(Mark(number))),
        }).Prepend(Rule(CtMark(territory.CtPathMask, 0, isEqual: false), Goto(SteeringChains.Established))).Prepend(Rule(IsConfirmed(), Jump(Keep))).Append(Rule(SetCtMark(territory.CtPathMask, 0))).Append(Rule(Goto(Dead)));
}
