using System.Diagnostics;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Paths;
using static Waymark.Linux.FilterRuleEncoding.Instructions;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>What binds classes to paths: the setter chains, the maps <c>class_path4/6</c> and <c>denied4/6</c>, the spreads.</summary>
internal sealed class ClassBindings
{
    /// <summary>The set of the classes whose packets leave by their path's device or not at all.</summary>
    public const string StrictClasses = "strict_classes";

    /// <summary>
    /// A class outlives its selectors by this: a connection whose class is no longer known is classified anew, and must not find the selector that gave it the class.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private readonly PathSet paths;
    private readonly PathNumbers numbers;
    private readonly Territory territory;
    private readonly List<FilterClass> enforced = [];
    private readonly List<RefusedRule> refused = [];
    private readonly SortedSet<(int Path, int Backup)> backups = [];

    /// <summary>Of the classes of <paramref name="rules"/>.</summary>
    public ClassBindings(FilterRuleSet rules, PathSet paths, PathNumbers numbers, Territory territory)
    {
        (this.paths, this.numbers, this.territory) = (paths, numbers, territory);
        foreach (var one in rules.Classes)
        {
            var fits = Fits(one.Number, territory);
            var reason = fits
                ? ReasonAgainst(one.V4, IpFamily.V4) ?? ReasonAgainst(one.V6, IpFamily.V6)
                : $"Class {one.Number} does not fit in the connection mark (1 to {territory.Classes}): let policies share requirements, or widen ctmark.";
            if (reason is not null)
            {
                refused.AddRange(rules.Rules.Where(rule => rule.Class == one.Number).Select(rule => new RefusedRule(rule, reason)));
            }
            if (fits)
            {
                // A path that cannot be used closes a strict class; the flows of another are left to the system.
                enforced.Add(one);
            }
        }
    }

    /// <summary>Rules whose class cannot be carried out, wholly or for one family.</summary>
    public IReadOnlyList<RefusedRule> Refused => refused;

    /// <summary>The pairs of path and backup that classes have, once they were added.</summary>
    public IReadOnlyCollection<(int Path, int Backup)> Backups => backups;

    /// <summary>Adds the chains and maps.</summary>
    public void AddTo(TableContent content)
    {
        foreach (var one in enforced)
        {
            var setter = Rule(SetCtMark(territory.CtClassMask, territory.CtClass(one.Number)));
            // What has no connection cannot be pinned to a path: where not one packet may stray, none goes.
            content.Add(ClassNames.Setter(one.Number), [.. Unpinned(one), setter, .. IsStrict(one) ? [Rule(WithoutConnection, Then(NftablesVerdict.Drop))] : Array.Empty<NftablesRule>()]);
        }
        content.Add(new NftablesSet
        {
            Name = StrictClasses,
            Key = [NftablesType.Mark],
            HasTimeouts = true,
            Elements = enforced.Where(IsStrict).Select(one => new NftablesElement(OddMatches.Host(territory.CtClass(one.Number)), [], null, [], one.EndsAt + Grace)).ToEquatableArray(),
        });
        foreach (var family in Families)
        {
            content.AddVerdicts(PathMap(family), enforced.Select(one => Element(territory.CtClass(one.Number), Verdict(content, one, family), one.EndsAt + Grace)), hasTimeouts: true);
            content.AddVerdicts($"denied{family.Digit}", enforced.SelectMany(one => DeniedNumbers(one, family)
                .Select(number => Element(territory.CtClass(one.Number) | territory.CtPath(number), NftablesVerdict.Goto(PathChains.Dead), one.EndsAt + Grace))), hasTimeouts: true);
        }
    }

    /// <summary>
    /// Takes the pin of a connection that came in, before its first answer is given a path: then the class gives it one, as to a new connection. One that was answered before stays where it is.
    /// </summary>
    private IEnumerable<NftablesRule> Unpinned(FilterClass one) => Families.Where(family => one.SteersAnswers && one.Action(family) is (FilterAction.Use or FilterAction.Spread) && ReasonAgainst(one.Action(family), family) is null)
        .Select(family => Rule(Family(family), Direction(isReply: true), CtMark(territory.CtGenerationMask, 0), SetCtMark(territory.CtPathMask, 0)));

    /// <summary>Whether the connection mark can hold the number of a class.</summary>
    public static bool Fits(int number, Territory territory) => number >= 1 && number <= territory.Classes;

    /// <summary>The map from class to path.</summary>
    public static string PathMap(IpFamily family) => $"class_path{family.Digit}";

    /// <summary>An element of a map of verdicts by mark.</summary>
    public static NftablesElement Element(uint mark, NftablesVerdict verdict, DateTimeOffset? endsAt = null) => new(OddMatches.Host(mark), [], verdict, [], endsAt);

    private static bool IsStrict(FilterClass one) => one.IsStrict || one.V4 is FilterAction.Drop || one.V6 is FilterAction.Drop;

    private IEnumerable<int> DeniedNumbers(FilterClass one, IpFamily family) =>
        one.Action(family) is FilterAction.Drop
            ? Enumerable.Range(1, numbers.Paths.Count)
            : one.Denied(family).Select(path => numbers.Of(path)).Where(number => number > 0).Distinct();

    private NftablesVerdict Verdict(TableContent content, FilterClass one, IpFamily family)
    {
        var action = one.Action(family);
        if (ReasonAgainst(action, family) is not null)
        {
            return one.IsStrict ? NftablesVerdict.Goto(PathChains.Dead) : NftablesVerdict.Return;
        }
        return action switch
        {
            FilterAction.Drop => NftablesVerdict.Goto(PathChains.Dead),
            FilterAction.Default => NftablesVerdict.Return,
            FilterAction.Use use => Pin(numbers.Of(use.Path), one.Backup(family) is { } backup && Lack(backup, family) is null ? numbers.Of(backup) : 0),
            FilterAction.Spread spread => Spread(content, SpreadEncoding.Name(family, one.Number), spread, family),
            _ => throw new UnreachableException(),
        };
    }

    private NftablesVerdict Pin(int path, int backup)
    {
        if (backup > 0)
        {
            backups.Add((path, backup));
        }
        return NftablesVerdict.Goto(PathChains.NewPin(path, backup));
    }

    private NftablesVerdict Spread(TableContent content, string name, FilterAction.Spread spread, IpFamily family)
    {
        var slots = spread.Shares.SelectMany(share => Enumerable.Repeat(numbers.Of(share.Path), share.Weight)).ToList();
        content.AddVerdicts(name, slots.Select((number, slot) => Element((uint)slot, NftablesVerdict.Goto(PathChains.NewPin(number)))));
        content.Add(name, SpreadEncoding.Rules(spread.Per, family, name, (uint)slots.Count, territory.Seed));
        return NftablesVerdict.Goto(name);
    }

    private string? ReasonAgainst(FilterAction action, IpFamily family) => action switch
    {
        FilterAction.Duplicate => "Plain IP cannot send a packet over several paths: duplicate needs paths of a protocol that can.",
        FilterAction.Use use => Lack(use.Path, family),
        FilterAction.Spread spread => spread.Shares.Select(share => Lack(share.Path, family)).FirstOrDefault(lack => lack is not null),
        _ => null,
    };

    private string? Lack(PathId id, IpFamily family) =>
        numbers.Of(id) == 0 || paths.Find(id) is not { } path ? $"Path {id} has no network device of its own, or there are more than {territory.Paths} paths."
        : path.Half(family) is null ? $"Path {id} has no {family.Word} address and route at the moment."
        : null;
}
