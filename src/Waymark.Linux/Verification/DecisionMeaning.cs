using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Linux.Verification;

/// <summary>What a decision means for packets, by how their connection stands. Says what is to be, knowing nothing of rules, maps and chains.</summary>
/// <param name="decision">The decision.</param>
/// <param name="numbers">The numbers by which marks know paths.</param>
internal sealed class DecisionMeaning(VerifiedDecision decision, PathNumbers numbers)
{
    /// <summary>The paths that are there, and have numbers.</summary>
    public IReadOnlyList<NumberedPath> Paths { get; } =
        [.. decision.Paths.Paths.Where(path => path.Device is not null).Select(path => new NumberedPath(numbers.Of(path.Id), path)).Where(one => one.Number > 0)];

    /// <summary>Whether not one packet of a class may stray.</summary>
    public static bool IsStrict(FilterClass? one) => one is not null && (one.IsStrict || one.V4 is FilterAction.Drop || one.V6 is FilterAction.Drop);

    /// <summary>The first packet of a flow.</summary>
    public Expected New(FilterClass? one, IpFamily family) => Decided(one, family) with { Class = one?.Number ?? 0 };

    /// <summary>A packet of a connection that is pinned to a path.</summary>
    public Expected Pinned(FilterClass? one, IpFamily family, int path) =>
        new(IsDenied(one, family, path) || Paths.All(known => known.Number != path) ? Fate.Refused : Fate.By(path)) { Class = one?.Number ?? 0, Pin = path };

    /// <summary>The first answer to what came in by a path.</summary>
    public Expected Answer(FilterClass? one, IpFamily family, int path) =>
        one is { SteersAnswers: true } && New(one, family) is { Fate.Kind: FilterRuleInstallation.FlowFate.Steered } chosen ? chosen : Pinned(one, family, path);

    /// <summary>A packet of a connection that was there before and is pinned to no path, whose peer knows an address of that path; 0: of none.</summary>
    public Expected Kept(FilterClass? one, IpFamily family, int path) => path > 0 && New(one, family) is { Fate.Kind: FilterRuleInstallation.FlowFate.Steered } ? Pinned(one, family, path) : New(one, family);

    /// <summary>A packet of a program that chose the device of a path.</summary>
    public Expected Bound(FilterClass? one, IpFamily family, int path) =>
        new(IsDenied(one, family, path) ? Fate.Refused : Fate.LeftAlone) { Class = one?.Number ?? 0, Pin = path };

    /// <summary>A packet that the system would send by a device that is no path's.</summary>
    public Expected Stray(FilterClass? one, IpFamily family) => IsStrict(one) ? New(one, family) : new(Fate.LeftAlone) { Class = one?.Number ?? 0 };

    /// <summary>The same of a connection that is pinned to a path.</summary>
    public Expected Strayed(FilterClass? one, IpFamily family, int path) => IsStrict(one) ? Pinned(one, family, path) : new(Fate.LeftAlone) { Class = one?.Number ?? 0, Pin = path };

    /// <summary>A packet without a connection.</summary>
    public static Expected WithoutConnection(FilterClass? one) => new(IsStrict(one) ? Fate.Refused : Fate.LeftAlone);

    /// <summary>The address from which a server on the wildcard address would answer what comes in by a device, where that is not one of the device's path: the answer is to be the question's, and go back with it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="defaults">The devices by which the system sends what chose nothing.</param>
    /// <param name="family">The family.</param>
    public IpAddress? Answering(string device, IReadOnlyList<string> defaults, IpFamily family)
    {
        var halves = Paths.Where(path => path.Path.Half(family) is not null).OrderBy(path => path.Path.Half(family)!.Metric).ToList();
        return defaults.Contains(device) || !halves.Exists(path => path.Device == device) ? null : halves.Find(path => defaults.Contains(path.Device)).Path?.Half(family)!.Locators[0];
    }

    private Expected Decided(FilterClass? one, IpFamily family)
    {
        switch (one?.Action(family))
        {
            case FilterAction.Drop:
                return new(Fate.Refused);
            case FilterAction.Use(var path) when Carries(path, family):
                return new(Fate.By(numbers.Of(path)));
            case FilterAction.Spread(var shares, var per) when shares.All(share => Carries(share.Path, family)):
                return new(Fate.By(numbers.Of(shares[0].Path))) { Shares = shares.Select(share => (numbers.Of(share.Path), share.Weight)).ToEquatableArray(), Hashed = Together(per, family) };
            case null or FilterAction.Default:
                return new(Fate.LeftAlone);
            default:
                // What cannot be carried out closes a strict class, and leaves another to the system.
                return new(one.IsStrict ? Fate.Refused : Fate.LeftAlone);
        }
    }

    /// <summary>The bytes of the headers that are the same in what stays together: this end's address, the peer's, both ports.</summary>
    private static string Together(BalancePer per, IpFamily family)
    {
        var (local, peer, length) = family == IpFamily.V4 ? (12, 16, 4) : (8, 24, 16);
        return string.Join(' ', new[]
        {
            Registers.HeaderBytes(NftablesHeader.Network, local, length),
            per == BalancePer.Local ? "" : Registers.HeaderBytes(NftablesHeader.Network, peer, length),
            per == BalancePer.Flow ? Registers.HeaderBytes(NftablesHeader.Transport, 0, 4) : "",
        }.Where(bytes => bytes.Length > 0));
    }

    private bool Carries(PathId id, IpFamily family) => Paths.Any(one => one.Path.Id == id && one.Path.Half(family) is not null);

    private bool IsDenied(FilterClass? one, IpFamily family, int path) =>
        one is not null && (one.Action(family) is FilterAction.Drop || one.Denied(family).Any(id => numbers.Of(id) == path));
}
