using System.Globalization;
using Waymark.Flows;
using Waymark.Lab.Links;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.Lab.Topologies;

/// <summary>Reads lab files.</summary>
internal sealed class LabParser(SourceText source) : StatementReader(source, "the lab file")
{
    /// <summary>IFNAMSIZ without its end; a server's devices bear the uplinks' names.</summary>
    private const int LongestName = 15;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(60);

    private readonly List<LabUplink> uplinks = [];
    private readonly List<LabHost> hosts = [];
    private readonly List<LabServerDeclaration> servers = [];
    private readonly HashSet<string> nodes = new(StringComparer.Ordinal) { "relay" };
    private readonly HashSet<string> devices = new(StringComparer.Ordinal) { "lo" };

    public LabFile Read()
    {
        var node = "";
        var first = Now;
        var readers = new Dictionary<string, Action>(StringComparer.Ordinal)
        {
            ["node"] = () => Single("node", () => node = NewName(nodes, "the node's name")),
            ["uplink"] = Uplink,
            ["host"] = Host,
            ["server"] = Server,
        };
        Statements(isBlock: false, readers, readers.Keys);
        if (!Source.HasErrors)
        {
            if (node.Length == 0)
            {
                Source.Error("WAY1019", first.Start, first.End, "the lab has no node", "add 'node NAME;'");
            }
            if (uplinks.Count == 0)
            {
                Source.Error("WAY1019", first.Start, first.End, "the lab has no uplink", "add 'uplink NAME { interface DEVICE; address ADDRESS/LENGTH; gateway ADDRESS; }'");
            }
        }
        return new(node, uplinks.ToEquatableArray(), hosts.ToEquatableArray(), servers.ToEquatableArray());
    }

    private void Uplink()
    {
        var opener = Last;
        var token = Now;
        var name = NewName(nodes, "the name of an uplink", suffix: "-isp");
        var uplink = new LabUplink(name) { Metric = 100 * ((uint)uplinks.Count + 1) };
        LinkShape both = LinkShape.Cable;
        Func<LinkShape, LinkShape> up = shape => shape, down = shape => shape;
        var before = Source.Errors;
        var readers = Shape(change => both = change(both));
        readers["interface"] = () => Single(null, () => uplink = uplink with { Interface = NewName(devices, "an interface's name") });
        readers["address"] = () => Single(null, () => uplink = uplink with { Addresses = Addresses() });
        readers["gateway"] = () => Single(null, () => uplink = uplink with { Gateways = Gateways(uplink.Addresses) });
        readers["metric"] = () => Single(null, () => uplink = uplink with { Metric = Integer("a metric", uint.MaxValue - 1) });
        readers["masquerade"] = () => Single(null, () => uplink = uplink with { IsMasqueraded = true });
        readers["up"] = () => Block("up", Last, Shape(change => up = Chain(up, change)));
        readers["down"] = () => Block("down", Last, Shape(change => down = Chain(down, change)));
        Block("uplink", opener, readers);
        if (Source.Errors == before)
        {
            Need(uplink.Interface.Length > 0, $"the uplink '{name}' has no interface", "add 'interface DEVICE;'", opener, token);
            Need(!uplink.Addresses.IsEmpty, $"the uplink '{name}' has no address", "add 'address ADDRESS/LENGTH;'", opener, token);
            RefuseSameNetwork(uplink, opener, token);
        }
        uplinks.Add(uplink with { Up = up(both), Down = down(both) });
    }

    private static Func<LinkShape, LinkShape> Chain(Func<LinkShape, LinkShape> first, Func<LinkShape, LinkShape> then) => shape => then(first(shape));

    /// <summary>Readers of what a link does: the same words as of <c>lab link set</c>, with the units of the policy language.</summary>
    private Dictionary<string, Action> Shape(Action<Func<LinkShape, LinkShape>> change)
    {
        TimeSpan Time(string what)
        {
            var token = Now;
            var time = Duration(what);
            if (time > LongestDelay)
            {
                Source.Error("WAY1008", token.Start, Last.End, $"{what} is at most 60 s");
            }
            return time;
        }
        return new(StringComparer.Ordinal)
        {
            ["delay"] = () => Single(null, () => { var time = Time("a delay"); change(shape => shape with { Delay = time }); }),
            ["jitter"] = () => Single(null, () => { var time = Time("a jitter"); change(shape => shape with { Jitter = time }); }),
            ["queue"] = () => Single(null, () => { var time = Time("a queue"); change(shape => shape with { Queue = time }); }),
            ["loss"] = () => Single(null, () =>
            {
                var (token, before) = (Now, Source.Errors);
                var loss = (double)Quantity("a loss", Dimension.Ratio, isUnitNeeded: true).Value;
                if (Source.Errors == before && loss is (< 0 or > 1))
                {
                    Source.Error("WAY1008", token.Start, Last.End, "a loss is a share from 0 % to 100 %");
                }
                change(shape => shape with { Loss = loss });
            }),
            ["rate"] = () => Single(null, () =>
            {
                var (token, before) = (Now, Source.Errors);
                var rate = Quantity("a rate", Dimension.BitRate, isUnitNeeded: true).Value;
                if (Source.Errors == before && rate is (< 1000 or > 100_000_000_000))
                {
                    Source.Error("WAY1008", token.Start, Last.End, "a rate is from 1 kbit/s to 100 Gbit/s", "leave it out for no limit");
                    rate = 1000;
                }
                change(shape => shape with { Rate = (long)rate });
            }),
        };
    }

    private void Host()
    {
        var opener = Last;
        var token = Now;
        var host = new LabHost(NewName(nodes, "the name of a host"), "", [], []);
        var before = Source.Errors;
        Block("host", opener, new(StringComparer.Ordinal)
        {
            ["interface"] = () => Single(null, () => host = host with { Interface = NewName(devices, "an interface's name") }),
            ["address"] = () => Single(null, () => host = host with { Addresses = Addresses() }),
            ["gateway"] = () => Single(null, () => host = host with { Gateways = Gateways(host.Addresses) }),
        });
        if (Source.Errors == before)
        {
            Need(host.Interface.Length > 0, $"the node has no interface towards '{host.Name}'", "add 'interface DEVICE;'", opener, token);
            Need(!host.Gateways.IsEmpty, $"the host '{host.Name}' has no way out", "add 'address ADDRESS/LENGTH;' and 'gateway ADDRESS;', the node's address towards it", opener, token);
        }
        hosts.Add(host);
    }

    private void Server()
    {
        var opener = Last;
        var token = Now;
        var server = new LabServerDeclaration(NewName(nodes, "the name of a server"), [], []);
        var before = Source.Errors;
        Block("server", opener, new(StringComparer.Ordinal)
        {
            ["address"] = () => Single(null, () => server = server with { Addresses = List(() => Address("a server")).ToEquatableArray() }),
            ["behind"] = () => Single(null, () => server = server with
            {
                Behind = List(() =>
                {
                    var word = Now;
                    var name = Name("an uplink's name");
                    if (uplinks.All(uplink => uplink.Name != name))
                    {
                        var known = uplinks.Select(uplink => uplink.Name).ToList();
                        Source.Error("WAY1002", word.Start, word.End, $"no uplink above is called '{name}'", NearestWord.Mend(name, known) ?? (known.Count > 0 ? $"there are {string.Join(", ", known)}" : "declare uplinks first"));
                    }
                    return name;
                }).ToEquatableArray(),
            }),
        });
        if (Source.Errors == before)
        {
            Need(!server.Addresses.IsEmpty, $"the server '{server.Name}' has no address", "add 'address ADDRESS;'", opener, token);
        }
        servers.Add(server);
    }

    private void Need(bool isSaid, string message, string mend, Token opener, Token token)
    {
        if (!isSaid)
        {
            Source.Error("WAY1019", opener.Start, token.End, message, mend);
        }
    }

    private void RefuseSameNetwork(LabUplink uplink, Token opener, Token token)
    {
        if (!uplink.IsMasqueraded && uplinks.FirstOrDefault(other => !other.IsMasqueraded && other.Addresses.Any(a => uplink.Addresses.Any(b => a.Network.Contains(b.Network.First) || b.Network.Contains(a.Network.First)))) is { } twin)
        {
            Source.Error("WAY1002", opener.Start, token.End, $"the uplinks '{twin.Name}' and '{uplink.Name}' share a network: servers could not tell where to answer", "add 'masquerade;' to one of them");
        }
    }

    /// <summary>A name that is not taken, and that a device may bear.</summary>
    private string NewName(HashSet<string> taken, string what, string suffix = "")
    {
        var token = Now;
        var name = Name(what);
        if (name.Length > LongestName || name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw Fail("WAY0007", token, $"{what} has 1 to {LongestName} letters, digits, '-', '_' and '.', found '{name}'");
        }
        if (!taken.Add(name + suffix))
        {
            throw Fail("WAY1002", token, $"'{name}{suffix}' is taken already", "choose another name");
        }
        return name;
    }

    private EquatableArray<LabAddress> Addresses()
    {
        var families = new HashSet<IpFamily>();
        return List(ReadOne).ToEquatableArray();

        LabAddress ReadOne()
        {
            var (token, first) = (Now, Position);
            if (token.Kind != TokenKind.Address)
            {
                throw Unexpected("an address with the length of its prefix");
            }
            Take();
            var parts = token.Text.Split('/');
            if (!IpAddress.TryParse(parts[0], out var address))
            {
                throw Fail("WAY0006", token, $"'{parts[0]}' is no IP address");
            }
            if (parts.Length == 1)
            {
                throw Fail("WAY0001", token, "the address needs the length of its prefix", $"{token.Text}/{(address.Family == IpFamily.V4 ? 24 : 64)}");
            }
            var width = IpAddress.Width(address.Family);
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > width)
            {
                throw Fail("WAY1008", token, $"a prefix length here is at most {width}, found '{parts[1]}'");
            }
            if (!families.Add(address.Family))
            {
                Source.Error("WAY1013", token.Start, token.End, "a second address of the same family", "one of each is enough for a lab");
            }
            var read = new LabAddress(address, length);
            Note(first, read.ToString());
            return read;
        }
    }

    private EquatableArray<IpAddress> Gateways(EquatableArray<LabAddress> addresses) => List(() =>
    {
        var token = Now;
        var gateway = Address("a gateway");
        var own = addresses.FirstOrDefault(address => address.Address.Family == gateway.Family);
        if (own is null)
        {
            Source.Error("WAY1019", token.Start, token.End, "the gateway is of a family of which no address stands above", "add the address first");
        }
        else if (own.Address == gateway || !(gateway.IsLinkLocal || own.Network.Contains(gateway)))
        {
            Source.Error("WAY1008", token.Start, token.End, own.Address == gateway ? "the gateway's address is the own one" : $"the gateway is not in {own.Network}", "choose another address of that network");
        }
        return gateway;
    }).ToEquatableArray();
}
