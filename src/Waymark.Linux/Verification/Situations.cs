using Waymark.FilterRules;
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

    /// <summary>What the generation's bits of a connection mark can be; 0 is none.</summary>
    public const int Generations = 4;

    private const byte Tcp = 6, Udp = 17;

    /// <summary>A name that no device has: what stands for each that is no path's.</summary>
    private const string OtherDevice = "(another)";

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Where the selectors decide, over the whole packet space.</summary>
    public IEnumerable<SituationCheck> Unclassified() => FirstPackets().Select(check => check with { Generation = null });

    /// <summary>Where the selectors decide anew, whatever stands in the connection's mark but its path: a class of another generation, or none.</summary>
    /// <param name="generation">A generation that is not in force, 0 to 3; 0: that of connections that were never classified.</param>
    /// <param name="inForce">The one in force, which connections bear afterwards; null: there is not one alone.</param>
    public IEnumerable<SituationCheck> Outdated(int generation, int? inForce) => Outdated(generation).Select(check => check with { Generation = inForce });

    private IEnumerable<SituationCheck> FirstPackets()
    {
        foreach (var side in Sides())
        {
            yield return Of(side with { Name = $"the first packet of a flow {From(side)}" }, 0, meaning.New);
        }
        var devices = meaning.Paths.Select(path => path.Device).Append(OtherDevice).Distinct();
        foreach (var side in devices.Select(device => Local("", device)).Concat(Sides().Where(side => !side.IsLocal)))
        {
            var name = $"a packet without a connection {From(side)}{(side.IsLocal ? $" that the system sends by {side.OutputDevice}" : "")}";
            yield return Of(side with { Name = name, HasConnection = false }, 0, (one, _) => DecisionMeaning.WithoutConnection(one));
        }
        foreach (var path in Chosen())
        {
            var owner = OwnerOf(path.Device);
            yield return Of(Local($"the first packet of a flow whose program chose the device {path.Device}", path.Device), 0, (one, family) => meaning.Bound(one, family, owner));
        }
        yield return Of(Local("the first packet of a flow that the system sends by a device that is no path's", OtherDevice), 0, meaning.Stray);
    }

    private IEnumerable<SituationCheck> Outdated(int generation)
    {
        var state = generation == 0 ? "never classified" : $"classified under other rules (generation {generation})";
        foreach (var stale in new[] { 0u, territory.CtClassMask })
        {
            var mark = territory.CtGeneration(generation) | stale;
            foreach (var side in Sides())
            {
                var whose = side with { IsConfirmed = true };
                foreach (var path in meaning.Paths)
                {
                    var pin = mark | territory.CtPath(path.Number);
                    yield return Of(whose with { Name = $"a packet {From(side)} on {path.Path.Name}, {state}" }, pin, (one, family) => meaning.Pinned(one, family, path.Number));
                    var answer = side with { Name = $"an answer {From(side)} to what came in by {path.Path.Name}, {state}", Started = StartedBy.Peer, IsReply = true, OutputDevice = side.IsLocal ? path.Device : null };
                    // One that was answered before stays where it is.
                    yield return generation == 0 ? Of(answer, pin, (one, family) => meaning.Answer(one, family, path.Number))
                        : Of(answer with { IsConfirmed = true }, pin, (one, family) => meaning.Pinned(one, family, path.Number));
                }
                foreach (var (older, family, path) in Unpinned(whose, state))
                {
                    yield return Of(older, mark, (one, of) => meaning.Kept(one, of, path)) with { Only = family };
                }
            }
            foreach (var path in Chosen())
            {
                var owner = OwnerOf(path.Device);
                yield return Of(Local($"a packet whose program chose the device {path.Device}, {state}", path.Device) with { IsConfirmed = true }, mark, (one, family) => meaning.Bound(one, family, owner));
            }
            foreach (var check in Strays(mark, state))
            {
                yield return check;
            }
        }
    }

    /// <summary>Where the connection bears a class already, found under the rules in force.</summary>
    /// <param name="generation">The generation in force.</param>
    public IEnumerable<SituationCheck> Classified(int generation)
    {
        const string state = "classified under the rules in force";
        foreach (var one in decision.Rules.Classes.AsEnumerable().Prepend(null!))
        {
            var mark = territory.CtGeneration(generation) | territory.CtClass(one?.Number ?? 0);
            foreach (var side in Sides())
            {
                var whose = side with { IsConfirmed = true };
                foreach (var path in meaning.Paths)
                {
                    foreach (var device in side.IsLocal ? new[] { side.OutputDevice, path.Device }.Distinct() : new string?[] { null })
                    {
                        var where = whose with { Name = $"a later packet {From(side)} on {path.Path.Name}", OutputDevice = device };
                        yield return Known(Of(where, mark | territory.CtPath(path.Number), (_, family) => meaning.Pinned(one, family, path.Number)), one) with { SparesNeighbours = false };
                    }
                }
                // Left to the system's own routing until now, by whatever device.
                foreach (var (older, family, path) in Unpinned(whose, state))
                {
                    yield return Known(Of(older, mark, (_, of) => meaning.Kept(one, of, path)) with { Only = family }, one);
                }
            }
            foreach (var path in Chosen())
            {
                var owner = OwnerOf(path.Device);
                yield return Known(Of(Local($"a later packet whose program chose the device {path.Device}", path.Device) with { IsConfirmed = true }, mark, (_, family) => meaning.Bound(one, family, owner)), one);
            }
            foreach (var check in Strays(mark, state))
            {
                yield return Known(check with { Says = (_, family) => check.Says(one, family) }, one);
            }
        }
    }

    /// <summary>The same without the bits of other programs, as nearly all packets come.</summary>
    public SituationCheck Plain(SituationCheck check) => check with { Mark = check.Mark & territory.FwMark, ConnectionMark = check.ConnectionMark & territory.CtMark };

    /// <summary>With every bit of other programs in both marks: a rule that looks at one of them, or changes it, is seen by that, and by <see cref="Plain"/>.</summary>
    private SituationCheck Of(Situation situation, uint connectionMark, Func<FilterClass?, IpFamily, Expected> says) =>
        new(situation, connectionMark | ~territory.CtMark, says) { Mark = ~territory.FwMark, Generation = territory.GenerationIn(connectionMark) };

    private static SituationCheck Known(SituationCheck check, FilterClass? one) => check with { Bears = one, IsClassified = true };

    /// <summary>Packets of connections that are pinned to no path, by the address that their peers know, whoever began them; path 0: that address is no path's.</summary>
    private IEnumerable<(Situation Situation, IpFamily Family, int Path)> Unpinned(Situation side, string state)
    {
        foreach (var family in Families)
        {
            var known = meaning.Paths.Where(path => path.Path.Half(family) is { } half && IsOnlyOwner(family, half.Locators[0])).Select(path => (path.Number, (IpAddress?)path.Path.Half(family)!.Locators[0]));
            foreach (var (path, address) in known.Prepend((0, null)))
            {
                var older = side with { Name = $"a packet {From(side)} of an older connection, known to its peer as {address?.ToString() ?? "none of ours"}, {state}", KnownAs = address };
                yield return (older, family, path);
                yield return (older with { Name = $"{older.Name}, who began it", Started = StartedBy.Peer, IsReply = true }, family, path);
            }
        }
    }

    /// <summary>Packets that the system sends by a device that is no path's, of a connection with that mark: on no path, and on each.</summary>
    private IEnumerable<SituationCheck> Strays(uint mark, string state)
    {
        var stray = Local($"a packet that the system sends by a device that is no path's, {state}", OtherDevice) with { IsConfirmed = true };
        yield return Of(stray, mark, meaning.Stray);
        foreach (var path in meaning.Paths)
        {
            yield return Of(stray with { Name = $"{stray.Name}, on {path.Path.Name}" }, mark | territory.CtPath(path.Number), (one, family) => meaning.Strayed(one, family, path.Number));
        }
    }

    /// <summary>The paths whose devices the system does not choose by itself.</summary>
    private IEnumerable<NumberedPath> Chosen() => meaning.Paths.Where(path => !Defaults().Contains(path.Device)).DistinctBy(path => path.Device);

    /// <summary>How a connection may stand that nobody asks about here: of each generation, without a class and with one that nobody has.</summary>
    private IEnumerable<uint> AnyState() => Enumerable.Range(0, Generations).SelectMany(generation => new[] { 0u, territory.CtClassMask }.Select(stale => territory.CtGeneration(generation) | stale));

    private string From(Situation side) => !side.IsLocal ? $"from {side.InputDevice}" : Defaults() is { Count: > 1 } ? $"of this host by {side.OutputDevice}" : "of this host";

    /// <summary>What comes in by a path is pinned to it, where nothing was before; its answers go back by it, by whatever device they come from behind.</summary>
    public IEnumerable<SituationCheck> Inbound()
    {
        foreach (var path in meaning.Paths.DistinctBy(path => path.Device))
        {
            var first = new Situation { Name = $"the first packet of a flow that comes in by {path.Device}", Hook = Prerouting, Started = StartedBy.Peer, InputDevice = path.Device };
            var owner = OwnerOf(path.Device);
            yield return Kept(first, 0, owner);
            yield return Kept(first with { Name = $"a packet without a connection that comes in by {path.Device}", HasConnection = false }, 0, 0);
            foreach (var mark in AnyState())
            {
                yield return Kept(first with { Name = $"a packet on no path that comes in by {path.Device}", IsConfirmed = true }, mark, owner);
                yield return Kept(first with { Name = $"an answer that comes in by {path.Device}", IsConfirmed = true, IsReply = true, Started = StartedBy.Here }, mark, 0);
            }
            foreach (var other in meaning.Paths.Where(other => other.Number != owner))
            {
                foreach (var mark in AnyState())
                {
                    yield return Kept(first with { Name = $"a packet on {other.Path.Name} that comes in by {path.Device}", IsConfirmed = true }, mark | territory.CtPath(other.Number), other.Number);
                }
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
            foreach (var mark in AnyState())
            {
                yield return Of(
                    new() { Name = $"an answer from {OtherDevice} to what came in by {path.Path.Name}", Hook = Prerouting, Started = StartedBy.Peer, InputDevice = OtherDevice, IsConfirmed = true, IsReply = true },
                    mark | territory.CtPath(path.Number), (_, _) => new(Fate.By(path.Number)) { Class = territory.ClassIn(mark), Pin = path.Number }) with { IsClassified = true };
            }
        }
    }

    /// <summary>What is the system's own affair, whatever policies say.</summary>
    public IEnumerable<SituationCheck> LeftAlone()
    {
        foreach (var side in Sides())
        {
            foreach (var (type, what) in new[] { (ThisHost, "this host itself"), (3u, "all of a network"), (4u, "the nearest of many"), (5u, "a group") })
            {
                yield return Kept(side with { Name = $"the first packet of a flow {From(side)} to {what}", DestinationType = type }, 0, 0);
            }
        }
        foreach (var behind in decision.ForwardFrom.Distinct().Where(device => meaning.Paths.All(path => path.Device != device)))
        {
            foreach (var mark in AnyState())
            {
                yield return Kept(Local($"an answer of this host by {behind}", behind) with { Started = StartedBy.Peer, IsConfirmed = true, IsReply = true }, mark, 0);
            }
        }
        yield return Kept(new() { Name = "the first packet of a flow from a device that is nobody's", Hook = Prerouting, Started = StartedBy.Forwarded, InputDevice = OtherDevice }, 0, 0);
    }

    /// <summary>Left to routing, with that pin.</summary>
    private SituationCheck Kept(Situation situation, uint connectionMark, int pin, IpAddress? destination = null) =>
        Of(situation, connectionMark, (_, _) => new(Fate.LeftAlone) { Class = territory.ClassIn(connectionMark), Pin = pin, Destination = destination }) with { IsClassified = true, SparesNeighbours = false };

    /// <summary>What leaves by a device, marked for a path: the address that it gets, and what is strict leaves by no other path.</summary>
    /// <param name="generation">The generation in force.</param>
    public IEnumerable<SituationCheck> Leaving(int generation)
    {
        foreach (var side in Sides())
        {
            foreach (var path in meaning.Paths)
            {
                foreach (var device in meaning.Paths.Select(one => one.Device).Distinct())
                {
                    var where = side with { Name = $"a packet {From(side)} marked for {path.Path.Name} that leaves by {device}", Hook = Postrouting, OutputDevice = device };
                    foreach (var one in decision.Rules.Classes.Where(one => !DecisionMeaning.IsStrict(one)).Take(1).Concat(decision.Rules.Classes.Where(DecisionMeaning.IsStrict)))
                    {
                        var isTranslated = device == path.Device && (side.IsLocal || decision.Masquerade);
                        yield return Of(where, territory.CtGeneration(generation) | territory.CtPath(path.Number) | territory.CtClass(one.Number), (_, family) =>
                            new(device != path.Device && DecisionMeaning.IsStrict(one) ? Fate.Refused : Fate.By(path.Number))
                            {
                                Locators = isTranslated ? path.Path.Half(family)?.Locators ?? [] : [],
                                Translated = isTranslated && !path.Path.Scope.IsEverything ? AddressesOfOthers(path, family) : null,
                            }) with
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
        foreach (var device in Defaults())
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
