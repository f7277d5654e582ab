using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>Reads node files: <c>KEYWORD { value } ( ";" | block )</c>, each keyword with its own values. After a mistake it goes on with the next statement.</summary>
internal sealed partial class NodeParser(SourceText source) : StatementReader(source, "the node file")
{
    private static readonly string[] TopWords =
        ["node", "fwmark", "ctmark", "table", "priority", "bypass", "strict", "path", "forward", "probe", "reflector", "hold-down", "requester", "listen", "peer", "dashboard"];

    private NodeFile node = NodeFile.Default;

    public NodeFile Read()
    {
        var paths = new List<PathDeclaration>();
        var probes = new List<KeyValuePair<string, ProbeSettings>>();
        var requesters = new List<RequesterDeclaration>();
        var peers = new List<PeerDeclaration>();
        Statements(isBlock: false, new(StringComparer.Ordinal)
        {
            ["node"] = () => Single("node", () => node = node with { Name = QuotedString("the node's name") }),
            ["fwmark"] = () => Single("fwmark", () => node = node with { FirewallMark = Mask("fwmark", 3) }),
            ["ctmark"] = () => Single("ctmark", () => node = node with { ConntrackMark = Mask("ctmark", 10) }),
            ["table"] = () => Single("table", () => node = node with { Tables = Range("a routing table", uint.MaxValue - 1) }),
            ["priority"] = () => Single("priority", () => node = node with { Priorities = Range("a priority", 32765) }),
            ["bypass"] = () => Single(null, () =>
            {
                Expect("fwmark", "behind 'bypass'");
                node = node with { Bypass = node.Bypass.Append(Mark("a mark")).ToEquatableArray() };
            }),
            ["strict"] = () => Single("strict", () =>
            {
                Expect("at", "behind 'strict'");
                Expect("boot", "behind 'strict at'");
                node = node with { IsStrictAtBoot = true };
            }),
            ["path"] = () => paths.Add(PathBlock(paths)),
            ["forward"] = () => node = node with { Forward = ForwardBlock() },
            ["probe"] = () => probes.Add(ProbeBlock()),
            ["reflector"] = ReflectorBlock,
            ["hold-down"] = HoldDownBlock,
            ["requester"] = () => requesters.Add(RequesterBlock(requesters)),
            ["listen"] = ListenBlock,
            ["peer"] = () => peers.Add(PeerBlock(peers)),
            ["dashboard"] = DashboardBlock,
        }, TopWords);
        CheckPeers(paths, peers, requesters);
        return node with
        {
            Paths = paths.ToEquatableArray(),
            Peers = peers.ToEquatableArray(),
            Probes = probes.ToEquatableArray(),
            Requesters = WithRoot(requesters).ToEquatableArray(),
        };
    }

    /// <summary>Root is a requester unless the file says with what rank and rights: it can do anything to the node anyhow.</summary>
    private static IEnumerable<RequesterDeclaration> WithRoot(List<RequesterDeclaration> declared) =>
        declared.Any(one => one.User is "root" or "0") ? declared : NodeFile.Default.Requesters.Concat(declared);

    protected override bool IsUnitPlace() => Now.Text is not ("resets" or "at" or "counts" or "from" or "to");

    /// <summary>What is part of the language but not of this program yet: taken, and said to be without effect.</summary>
    private void NotYet(string keyword, string why, bool isTop = true)
    {
        Source.Warn("WAY2010", Last.Start, Last.End, $"'{keyword}' has no effect yet", why);
        PassOver(() => isTop && TopWords.Contains(Now.Text));
    }

    /// <summary>A number whose bits are meant.</summary>
    private uint Mark(string what)
    {
        var first = Position;
        var mark = Integer(what, uint.MaxValue);
        Note(first, NodePrinter.Mark(mark));
        return mark;
    }

    private uint Mask(string what, int leastBits)
    {
        var token = Now;
        var mask = Mark($"a mask behind '{what}'");
        if (System.Numerics.BitOperations.PopCount(mask) < leastBits)
        {
            Source.Error("WAY1008", token.Start, token.End, $"'{what}' needs at least {leastBits} bits, found {token}", what == "fwmark" ? "0x7f000000" : "0xffffc000");
        }
        return mask;
    }

    /// <summary>A hardware address of six bytes, in lower case.</summary>
    private string HardwareAddress()
    {
        var first = Position;
        if (Now.Kind != TokenKind.Address)
        {
            throw Unexpected("a hardware address as 00:11:22:33:44:55");
        }
        var token = Take();
        if (token.Text.Split(':') is not { Length: 6 } parts || !parts.All(part => part.Length == 2))
        {
            throw Fail("WAY0006", token, $"{token} is no hardware address", "write six pairs of hexadecimal digits: 00:11:22:33:44:55");
        }
        var address = token.Text.ToLowerInvariant();
        Note(first, address);
        return address;
    }

    private PathDeclaration PathBlock(List<PathDeclaration> others)
    {
        var opener = Last;
        var token = Now;
        var path = new PathDeclaration(Name("the name of a path"), new PathMatch());
        if (others.Any(other => other.Name == path.Name))
        {
            Source.Error("WAY1002", token.Start, token.End, $"a path called '{path.Name}' is declared already", "give one of them another name");
        }
        pathPlaces[path.Name] = token;
        void Number(string name)
        {
            Characteristic.TryFind(name, out var characteristic);
            Single(null, () =>
            {
                var value = Quantity($"'{name}'", characteristic!.Dimension);
                path = path with { Numbers = path.Numbers.Append(new(name, value)).ToEquatableArray() };
            });
        }
        void Match(bool isSaid, PathMatch match)
        {
            if (isSaid)
            {
                Source.Error("WAY1013", Last.Start, Last.End, "a path is one device, and this is said of it twice", "declare a path for each device");
            }
            path = path with { Match = match };
        }
        var tariffs = new TariffStatements(this, (name, value) => path = path with { Numbers = path.Numbers.Append(new(name, value)).ToEquatableArray() });
        // What a block lacks is only said where nothing in it was misread.
        var before = Source.Errors;
        Block("path", opener, new(StringComparer.Ordinal)
        {
            ["interface"] = () => Single(null, () => Match(path.Match.Interface is not null, path.Match with { Interface = Name("an interface's name") })),
            ["mac"] = () => Single(null, () => Match(path.Match.HardwareAddress is not null, path.Match with { HardwareAddress = HardwareAddress() })),
            ["driver"] = () => Single(null, () => Match(path.Match.Driver is not null, path.Match with { Driver = Name("a driver's name") })),
            ["address"] = () => Single(null, () => Match(path.Match.Address is not null, path.Match with { Address = Prefix("an address or a prefix") })),
            ["gateway"] = () => Single(null, () => path = path with { Gateways = path.Gateways.Concat(List(() => Address("a gateway"))).ToEquatableArray() }),
            ["medium"] = () => Single(null, () =>
            {
                var word = Now;
                var medium = Name("a medium");
                if (!Characteristic.Media.Contains(medium))
                {
                    Source.Error("WAY1012", word.Start, word.End, $"'medium' is never '{medium}'", NearestWord.Mend(medium, Characteristic.Media) ?? $"it is one of {string.Join(", ", Characteristic.Media)}");
                }
                path = path with { Medium = medium };
            }),
            ["label"] = () => Single(null, () =>
            {
                var key = Name("a label's key");
                path = path with { Labels = path.Labels.Where(label => label.Key != key).Append(new(key, QuotedString("the label's value", PolicyLimits.TextLength))).ToEquatableArray() };
            }),
            ["cost"] = tariffs.Cost,
            ["quota"] = tariffs.Quota,
            ["bandwidth"] = () => Number("bandwidth"),
            ["bandwidth.up"] = () => Number("bandwidth.up"),
            ["mtu"] = () => Number("mtu"),
            ["metered"] = () => Single(null, () => path = path with { IsMetered = true }),
            ["encrypted"] = () => Single(null, () => path = path with { IsEncrypted = true }),
            ["ignore"] = () => Single(null, () => path = path with { IsIgnored = true }),
            ["over"] = () => Single(null, () => path = path with { Over = path.Over.Concat(List(() => Name("a path's name"))).ToEquatableArray() }),
            ["peer"] = () => Single(null, () => path = path with { Peer = Name("a peer's name") }),
            ["shared"] = () => Single(null, () => path = path with { Shared = SharedNumber() }),
            ["probe-budget"] = () => Single(null, () =>
            {
                var token = Now;
                var volume = Quantity("a probe budget", Dimension.Volume);
                if (volume.Value <= 0)
                {
                    Source.Error("WAY1008", token.Start, Last.End, "a probe budget is above 0", "write 'none;' in a 'probe' block to probe not at all");
                }
                Expect("/", "and 'day', 'week' or 'month'");
                path = path with { ProbeBudget = new(volume, Period()) };
            }),
        });
        path = tariffs.Complete(path, isRead: Source.Errors == before);
        if (path.Match.IsEmpty && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, token.End, $"the path '{path.Name}' has no interface", "add 'interface NAME;', or 'mac', 'driver' or 'address'");
        }
        if (others.FirstOrDefault(other => other.Match == path.Match) is { } same && !path.Match.IsEmpty && Source.Errors == before)
        {
            Source.Error("WAY1002", opener.Start, token.End, $"the path '{path.Name}' is the same device as '{same.Name}'", "declare it once");
        }
        return path;
    }

    private Forwarding ForwardBlock()
    {
        var opener = Last;
        var interfaces = new List<string>();
        var masquerade = false;
        var before = Source.Errors;
        Block("forward", opener, new(StringComparer.Ordinal)
        {
            ["from"] = () => Single(null, () =>
            {
                Expect("interface", "behind 'from'");
                interfaces.AddRange(List(() => Name("an interface's name")));
            }),
            ["masquerade"] = () => Single(null, () => masquerade = true),
        });
        if (interfaces.Count == 0 && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, opener.End, "'forward' does not say whose flows", "add 'from interface NAME;'");
        }
        return new(interfaces.ToEquatableArray(), masquerade);
    }

    private void HoldDownBlock()
    {
        var hold = node.HoldDown;
        var opener = Last;
        Block("hold-down", opener, new(StringComparer.Ordinal)
        {
            ["penalty"] = () => Single(null, () => hold = hold with { Penalty = (int)Integer("a penalty", 1_000_000) }),
            ["suppress"] = () => Single(null, () => hold = hold with { Suppress = (int)Integer("a penalty", 1_000_000) }),
            ["reuse"] = () => Single(null, () => hold = hold with { Reuse = (int)Integer("a penalty", 1_000_000) }),
            ["half-life"] = () => Single(null, () => hold = hold with { HalfLife = Duration("a half-life") }),
        });
        if (hold.Reuse >= hold.Suppress || hold.HalfLife <= TimeSpan.Zero || hold.Reuse < 1)
        {
            Source.Error("WAY1020", opener.Start, opener.End, "'reuse' is at least 1 and less than 'suppress', and 'half-life' more than nothing", "the defaults are penalty 1000; suppress 2000; reuse 750; half-life 15 s;");
            return;
        }
        node = node with { HoldDown = hold };
    }

    private void DashboardBlock()
    {
        var opener = Last;
        Block("dashboard", opener, new(StringComparer.Ordinal)
        {
            ["metrics"] = () => Single("metrics", () =>
            {
                var first = Now;
                var isBracketed = TryTake("[");
                var address = Address("where metrics are served");
                if (isBracketed)
                {
                    Expect("]", "behind the address");
                }
                Expect("port", "behind the address");
                node = node with { Metrics = new(address, Port()) };
                if (!node.Metrics.IsLoopback)
                {
                    Source.Warn("WAY2014", first.Start, Last.End, $"whoever reaches {address} can read how this node fares", "127.0.0.1 and ::1 are for this host alone");
                }
            }),
            ["push"] = () => Single("push", () =>
            {
                var address = Now;
                var url = Url("the address that metrics are pushed to", "\"http://HOST:4318/v1/metrics\"");
                if (Uri.TryCreate(url, UriKind.Absolute, out var read) && read.UserInfo.Length > 0)
                {
                    // It would not be sent, and stand in the log.
                    Source.Error("WAY1008", address.Start, address.End, "metrics are pushed without a name or a password", "leave out what stands before '@'");
                }
                var every = MetricsPush.UsualEvery;
                if (TryTake("every"))
                {
                    var token = Now;
                    every = Duration("the time between two pushes");
                    if (every < MetricsPush.LeastEvery)
                    {
                        Source.Error("WAY1008", token.Start, Last.End, $"the time between two pushes is at least {Unit.Print(MetricsPush.LeastEvery)}");
                    }
                }
                node = node with { MetricsPush = new(url, every) };
            }),
        }, others: () => NotYet(Last.Text, "the dashboard comes with a later version", isTop: false));
    }
}
