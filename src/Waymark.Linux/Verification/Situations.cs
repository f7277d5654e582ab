using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;

namespace Waymark.Linux.Verification;

/// <summary>The situations that packets of steered flows can be in, each with what the decision says of it.</summary>
/// <param name="decision">The decision.</param>
/// <param name="meaning">What it means.</param>
/// <param name="territory">Which numbers are ours.</param>
internal sealed class Situations(VerifiedDecision decision, DecisionMeaning meaning, Territory territory)
{
    /// <summary>NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT and NF_INET_POST_ROUTING.</summary>
    private const int Prerouting = 0, Output = 3, Postrouting = 4;

    /// <summary>A name that no device has: what stands for each that is no path's.</summary>
    private const string OtherDevice = "(another)";

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Where the selectors decide, over the whole packet space.</summary>
    public IEnumerable<SituationCheck> Unclassified()
    {
        foreach (var side in Sides())
        {
            var (whose, name) = (side, side.IsLocal ? "of this host" : $"from {side.InputDevice}");
            yield return new(whose with { Name = $"the first packet of a flow {name}" }, 0, meaning.New);
            yield return new(whose with { Name = $"the first packet of a flow {name}, whose marks bear bits of other programs" }, LowestBit(~territory.CtMark), meaning.New) { Mark = LowestBit(~territory.FwMark) };
            yield return new(whose with { Name = $"a packet without a connection {name}", HasConnection = false }, 0, (one, _) => DecisionMeaning.WithoutConnection(one));
            foreach (var path in meaning.Paths)
            {
                var pin = territory.CtPath(path.Number);
                yield return new(whose with { Name = $"a packet {name} on {path.Path.Name}, classified under other rules", IsConfirmed = true }, pin, (one, family) => meaning.Pinned(one, family, path.Number));
                yield return new(
                    whose with { Name = $"an answer {name} to what came in by {path.Path.Name}", Started = StartedBy.Peer, IsReply = true, OutputDevice = side.IsLocal ? path.Device : null },
                    pin, (one, family) => meaning.Pinned(one, family, path.Number));
            }
        }
        foreach (var path in meaning.Paths.Where(path => !Defaults().Contains(path.Device)).DistinctBy(path => path.Device))
        {
            var owner = OwnerOf(path.Device);
            yield return new(Local($"the first packet of a flow whose program chose the device {path.Device}", path.Device), 0, (one, family) => meaning.Bound(one, family, owner));
        }
        yield return new(Local("the first packet of a flow that the system sends by a device that is no path's", OtherDevice), 0, meaning.Stray);
        foreach (var path in meaning.Paths)
        {
            foreach (var family in Families.Where(family => path.Path.Half(family) is { } half && IsOnlyOwner(family, half.Locators[0])))
            {
                var known = path.Path.Half(family)!.Locators[0];
                foreach (var side in Sides().Where(side => !side.IsLocal || Defaults() is [var first, ..] && path.Device == first))
                {
                    yield return new(
                        side with { Name = $"a packet {(side.IsLocal ? "of this host" : $"from {side.InputDevice}")} of an older connection, known to its peer as {known}", IsConfirmed = true, KnownAs = known },
                        0, (one, of) => meaning.Kept(one, of, path.Number)) { Only = family };
                }
            }
        }
    }

    /// <summary>Where the connection bears a class already, found under the rules in force.</summary>
    /// <param name="generation">The generation in force, as it stands in the connection mark.</param>
    public IEnumerable<SituationCheck> Classified(uint generation)
    {
        foreach (var side in Sides())
        {
            foreach (var path in meaning.Paths)
            {
                var where = side with { Name = $"a later packet {(side.IsLocal ? "of a flow of this host" : $"from {side.InputDevice}")} on {path.Path.Name}", IsConfirmed = true, OutputDevice = side.IsLocal ? path.Device : null };
                foreach (var one in decision.Rules.Classes.AsEnumerable().Prepend(null!))
                {
                    yield return new(where, generation | territory.CtPath(path.Number) | territory.CtClass(one?.Number ?? 0), (_, family) => meaning.Pinned(one, family, path.Number))
                    {
                        Bears = one,
                        IsClassified = true,
                        SparesNeighbours = false,
                    };
                }
            }
        }
    }

    /// <summary>What comes in by a path is pinned to it.</summary>
    public IEnumerable<SituationCheck> Inbound() => meaning.Paths.DistinctBy(path => path.Device).Select(path => new SituationCheck(
        new() { Name = $"the first packet of a flow that comes in by {path.Device}", Hook = Prerouting, Started = StartedBy.Peer, InputDevice = path.Device },
        0, (_, _) => new(Fate.LeftAlone) { Class = 0, Pin = OwnerOf(path.Device) })
    {
        IsClassified = true,
        SparesNeighbours = false,
    });

    /// <summary>What leaves by a device, marked for a path: the address that it gets, and what is strict leaves by no other path.</summary>
    /// <param name="generation">The generation in force, as it stands in the connection mark.</param>
    public IEnumerable<SituationCheck> Leaving(uint generation)
    {
        foreach (var side in Sides())
        {
            foreach (var path in meaning.Paths)
            {
                foreach (var device in meaning.Paths.Select(one => one.Device).Distinct())
                {
                    var where = side with { Name = $"a packet {(side.IsLocal ? "of this host" : $"from {side.InputDevice}")} marked for {path.Path.Name} that leaves by {device}", Hook = Postrouting, OutputDevice = device };
                    foreach (var one in decision.Rules.Classes.Where(one => !DecisionMeaning.IsStrict(one)).Take(1).Concat(decision.Rules.Classes.Where(DecisionMeaning.IsStrict)))
                    {
                        var isTranslated = device == path.Device && (side.IsLocal || decision.Masquerade);
                        yield return new(where, generation | territory.CtPath(path.Number) | territory.CtClass(one.Number), (_, family) =>
                            new(device != path.Device && DecisionMeaning.IsStrict(one) ? Fate.Refused : Fate.By(path.Number)) { Locators = isTranslated ? path.Path.Half(family)?.Locators ?? [] : [] })
                        {
                            Mark = territory.StrictBit | territory.Mark(path.Number),
                            Bears = one,
                            IsClassified = true,
                            SparesNeighbours = false,
                        };
                    }
                }
            }
        }
    }

    private IEnumerable<Situation> Sides()
    {
        if (Defaults() is [var device, ..])
        {
            yield return Local("", device);
        }
        foreach (var input in decision.ForwardFrom.Distinct())
        {
            yield return new() { Name = "", Hook = Prerouting, Started = StartedBy.Forwarded, InputDevice = input };
        }
    }

    private static Situation Local(string name, string device) => new() { Name = name, Hook = Output, Started = StartedBy.Here, OutputDevice = device };

    private static uint LowestBit(uint bits) => bits == 0 ? 0 : 1u << System.Numerics.BitOperations.TrailingZeroCount(bits);

    private int OwnerOf(string device) => meaning.Paths.Where(path => path.Device == device).OrderByDescending(path => path.Path.Id.Protocol == "ip").First().Number;

    private bool IsOnlyOwner(IpFamily family, IpAddress locator) => meaning.Paths.Count(path => path.Path.Half(family)?.Locators.Contains(locator) == true) == 1;

    /// <summary>The devices of paths by which the system sends what chose nothing; where it has no default route of a family, the first last resort's.</summary>
    private IReadOnlyList<string> Defaults() => [.. Families.SelectMany(family =>
    {
        var own = meaning.Paths.Where(path => path.Path.Half(family) is not null).OrderBy(path => path.Path.Half(family)!.Metric).ThenBy(path => path.Number).ToList();
        return own is [var best, ..] && best.Path.Half(family)!.Metric == uint.MaxValue ? [best]
            : decision.DefaultDevices is { } told ? meaning.Paths.Where(path => told.Contains(path.Device))
            : own.Where(path => path.Path.Half(family)!.Metric == own[0].Path.Half(family)!.Metric);
    }).Select(path => path.Device).Distinct()];
}
