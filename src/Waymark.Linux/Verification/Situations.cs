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

    /// <summary>RTN_LOCAL.</summary>
    private const uint ThisHost = 2;

    private const byte Tcp = 6, Udp = 17;

    /// <summary>A name that no device has: what stands for each that is no path's.</summary>
    private const string OtherDevice = "(another)";

    /// <summary>Every bit of other programs in the mark of a connection: a rule that looks at one of them, or changes it, is seen by that.</summary>
    private uint Others { get; } = ~territory.CtMark;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Where the selectors decide, over the whole packet space.</summary>
    public IEnumerable<SituationCheck> Unclassified()
    {
        foreach (var side in Sides())
        {
            var (whose, name) = (side, side.IsLocal ? "of this host" : $"from {side.InputDevice}");
            yield return new(whose with { Name = $"the first packet of a flow {name}" }, 0, meaning.New);
            yield return new(whose with { Name = $"the first packet of a flow {name}, whose marks bear bits of other programs" }, Others, meaning.New) { Mark = ~territory.FwMark };
            yield return new(whose with { Name = $"a packet without a connection {name}", HasConnection = false }, 0, (one, _) => DecisionMeaning.WithoutConnection(one));
            foreach (var path in meaning.Paths)
            {
                var pin = territory.CtPath(path.Number) | Others;
                yield return new(whose with { Name = $"a packet {name} on {path.Path.Name}, classified under other rules", IsConfirmed = true }, pin, (one, family) => meaning.Pinned(one, family, path.Number));
                yield return new(
                    whose with { Name = $"an answer {name} to what came in by {path.Path.Name}", Started = StartedBy.Peer, IsReply = true, OutputDevice = side.IsLocal ? path.Device : null },
                    pin, (one, family) => meaning.Answer(one, family, path.Number));
            }
        }
        foreach (var path in meaning.Paths.Where(path => !Defaults().Contains(path.Device)).DistinctBy(path => path.Device))
        {
            var owner = OwnerOf(path.Device);
            yield return new(Local($"the first packet of a flow whose program chose the device {path.Device}", path.Device), Others, (one, family) => meaning.Bound(one, family, owner));
        }
        yield return new(Local("the first packet of a flow that the system sends by a device that is no path's", OtherDevice), Others, meaning.Stray);
        foreach (var path in meaning.Paths)
        {
            foreach (var family in Families.Where(family => path.Path.Half(family) is { } half && IsOnlyOwner(family, half.Locators[0])))
            {
                var known = path.Path.Half(family)!.Locators[0];
                foreach (var side in Sides().Where(side => !side.IsLocal || Defaults() is [var first, ..] && path.Device == first))
                {
                    var whose = side with { Name = $"a packet {(side.IsLocal ? "of this host" : $"from {side.InputDevice}")} of an older connection, known to its peer as {known}", IsConfirmed = true, KnownAs = known };
                    yield return new(whose, Others, (one, of) => meaning.Kept(one, of, path.Number)) { Only = family };
                    yield return new(whose with { Name = $"{whose.Name}, who began it", Started = StartedBy.Peer, IsReply = true }, Others, (one, of) => meaning.Kept(one, of, path.Number)) { Only = family };
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
                    yield return new(where, generation | territory.CtPath(path.Number) | territory.CtClass(one?.Number ?? 0) | Others, (_, family) => meaning.Pinned(one, family, path.Number))
                    {
                        Bears = one,
                        IsClassified = true,
                        SparesNeighbours = false,
                    };
                }
            }
        }
    }

    /// <summary>What comes in by a path is pinned to it, where nothing was before; its answers go back by it, by whatever device they come from behind.</summary>
    public IEnumerable<SituationCheck> Inbound()
    {
        foreach (var path in meaning.Paths.DistinctBy(path => path.Device))
        {
            var first = new Situation { Name = $"the first packet of a flow that comes in by {path.Device}", Hook = Prerouting, Started = StartedBy.Peer, InputDevice = path.Device };
            var owner = OwnerOf(path.Device);
            yield return Kept(first, 0, owner);
            yield return Kept(first with { Name = $"an answer that comes in by {path.Device}", IsConfirmed = true, IsReply = true, Started = StartedBy.Here }, 0, 0);
            foreach (var other in meaning.Paths.Where(other => other.Number != owner))
            {
                yield return Kept(first with { Name = $"a packet on {other.Path.Name} that comes in by {path.Device}", IsConfirmed = true }, territory.CtPath(other.Number), other.Number);
            }
            foreach (var family in Families)
            {
                var question = first with { Name = $"the first packet of a flow that comes in by {path.Device} to a server of this host on the wildcard address", DestinationType = ThisHost, IsForWildcard = true };
                yield return Kept(question with { Protocol = Udp }, 0, owner, meaning.Answering(path.Device, Defaults(), family)) with { Only = family };
                yield return Kept(question with { Protocol = Tcp }, 0, owner) with { Only = family };
            }
        }
        foreach (var path in meaning.Paths)
        {
            yield return new(
                new() { Name = $"an answer from {OtherDevice} to what came in by {path.Path.Name}", Hook = Prerouting, Started = StartedBy.Peer, InputDevice = OtherDevice, IsConfirmed = true, IsReply = true },
                territory.CtPath(path.Number) | Others, (_, _) => new(Fate.By(path.Number)) { Class = 0, Pin = path.Number });
        }
    }

    /// <summary>What is the system's own affair, whatever policies say.</summary>
    public IEnumerable<SituationCheck> LeftAlone()
    {
        foreach (var side in Sides())
        {
            foreach (var (type, what) in new[] { (ThisHost, "this host itself"), (3u, "all of a network"), (4u, "the nearest of many"), (5u, "a group") })
            {
                yield return Kept(side with { Name = $"the first packet of a flow {(side.IsLocal ? "of this host" : $"from {side.InputDevice}")} to {what}", DestinationType = type }, 0, 0);
            }
        }
        foreach (var behind in decision.ForwardFrom.Distinct().Where(device => meaning.Paths.All(path => path.Device != device)))
        {
            yield return Kept(Local($"an answer of this host by {behind}", behind) with { Started = StartedBy.Peer, IsConfirmed = true, IsReply = true }, 0, 0);
        }
        yield return Kept(new() { Name = "the first packet of a flow from a device that is nobody's", Hook = Prerouting, Started = StartedBy.Forwarded, InputDevice = OtherDevice }, 0, 0);
    }

    /// <summary>Left to routing, with that pin.</summary>
    private SituationCheck Kept(Situation situation, uint connectionMark, int pin, IpAddress? destination = null) =>
        new(situation, connectionMark | Others, (_, _) => new(Fate.LeftAlone) { Class = 0, Pin = pin, Destination = destination }) { IsClassified = true, SparesNeighbours = false };

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
                        yield return new(where, generation | territory.CtPath(path.Number) | territory.CtClass(one.Number) | Others, (_, family) =>
                            new(device != path.Device && DecisionMeaning.IsStrict(one) ? Fate.Refused : Fate.By(path.Number))
                            {
                                Locators = isTranslated ? path.Path.Half(family)?.Locators ?? [] : [],
                                Translated = isTranslated && !path.Path.Scope.IsEverything ? AddressesOfOthers(path, family) : null,
                            })
                        {
                            Mark = territory.StrictBit | territory.Mark(path.Number) | ~territory.FwMark,
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

    private int OwnerOf(string device) => meaning.Paths.Where(path => path.Device == device).OrderByDescending(path => path.Path.Id.Protocol == "ip").First().Number;

    /// <summary>The addresses of other paths, which have no place on one that leads to a peer.</summary>
    private RangeSet AddressesOfOthers(NumberedPath path, IpFamily family)
    {
        var own = path.Path.Half(family)?.Locators ?? [];
        return RangeSet.Of([.. meaning.Paths.SelectMany(one => one.Path.Half(family)?.Locators ?? []).Except(own).Select(address => new NumberRange(address.Bits, address.Bits))]);
    }

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
