using Waymark.Flows;

namespace Waymark.Policies.Language;

/// <summary>Flows: <c>flow { "," flow }</c> and everything in them.</summary>
internal sealed partial class PolicyParser
{
    private const string FlowOrder = "the parts of a flow stand in this order: its protocol, 'local' and 'peer', then 'dscp', 'label', 'by', 'from', 'started' and 'not'";

    private EquatableArray<Flow> Flows()
    {
        var flows = new List<Flow> { Flow() };
        while (TryTake(","))
        {
            if (Now.Kind == TokenKind.Number)
            {
                throw Fail("WAY0009", Now, $"expected a flow behind ',', found {Now}", $"several ports stand in braces: {{{PreviousNumber()}, {Now.Text}}}");
            }
            var start = Now;
            Add(flows, Flow(), start);
        }
        return flows.ToEquatableArray();
    }

    /// <summary>What was likely meant by a word behind a flow that does not go on there.</summary>
    private string? MendBehindFlow() => Now.Kind != TokenKind.Word ? null
        : Words.FlowStarts.Contains(Now.Text) ? FlowOrder
        : NearestWord.Mend(Now.Text, Words.ActionStarts.Concat(["local", "peer", "dscp", "by", "from", "started"]));

    private string PreviousNumber()
    {
        var text = Source.Text.AsSpan(0, Last.Start).TrimEnd();
        var start = text.Length;
        while (start > 0 && (char.IsAsciiDigit(text[start - 1]) || text[start - 1] == '-'))
        {
            start--;
        }
        return start == text.Length ? "..." : text[start..].ToString();
    }

    private Flow Flow()
    {
        var start = Now;
        string? named = null;
        IpFamily? family = null;
        FlowProtocol? protocol = null;
        if (Now.Kind == TokenKind.String || (Now.Kind == TokenKind.Word && !Words.Reserved.Contains(Now.Text)))
        {
            references.Add((Now.Text, Now));
            named = Text("the name of a flow", PolicyLimits.NameLength);
        }
        else
        {
            family = TryTake("ip4") ? IpFamily.V4 : TryTake("ip6") ? IpFamily.V6 : null;
            protocol = Protocol();
        }
        FlowEnd? local = null, peer = null;
        while (IsWord("local") || IsWord("peer"))
        {
            var side = Take();
            var end = End(side);
            if (side.Text == "local" ? local is not null : peer is not null)
            {
                Source.Error("WAY1013", side.Start, side.End, $"'{side.Text}' is said twice of one flow", "write addresses with '|' between them: 192.0.2.1 | 192.0.2.2");
            }
            (local, peer) = side.Text == "local" ? (end, peer) : (local, end);
        }
        var extras = new List<FlowExtra>();
        for (var first = Now; Extra() is { } extra; first = Now)
        {
            Add(extras, extra, first);
        }
        if (Now.Start == start.Start)
        {
            if (Now.Kind == TokenKind.Word && Words.Reserved.Contains(Now.Text) && !Words.ActionStarts.Contains(Now.Text))
            {
                throw Fail("WAY0007", Now, $"'{Now.Text}' is a word of the language and starts no flow", $"a flow of that name is quoted: \"{Now.Text}\"");
            }
            throw Unexpected("a flow", Now.Kind is TokenKind.Address ? "say whose address it is: 'peer' or 'local'" : Now.Is(";") ? "remove it" : null);
        }
        return new() { Named = named, Family = family, Protocol = protocol, Local = local, Peer = peer, Extras = extras.ToEquatableArray(), Place = Source.PlaceOf(start.Start) };
    }

    private FlowProtocol? Protocol()
    {
        if (Now.Kind != TokenKind.Word)
        {
            return null;
        }
        switch (Now.Text)
        {
            case "tcp":
                return Transport(TransportProtocol.Tcp);
            case "udp":
                return Transport(TransportProtocol.Udp);
            case "sctp":
                return Transport(TransportProtocol.Sctp);
            case "dccp":
                return Transport(TransportProtocol.Dccp);
            case "udplite":
                return Transport(TransportProtocol.UdpLite);
            case "port":
                Take();
                return new FlowProtocol.Port(Ranges("a port", 65535));
            case "icmp":
                Take();
                EquatableArray<IntegerRange> types = TryTake("type") ? Ranges("an ICMP type", 255) : [], codes = types.Count > 0 && TryTake("code") ? Ranges("an ICMP code", 255) : [];
                return new FlowProtocol.Icmp(types, codes);
            case "esp" or "ah" or "ipsec":
                var which = Take().Text;
                return new FlowProtocol.Security(which != "ah", which != "esp", TryTake("spi") ? Ranges("a security parameters index", uint.MaxValue) : []);
            case "proto":
                Take();
                return new FlowProtocol.Numbers(Ranges("a protocol number", 255));
            case "any":
                Take();
                return new FlowProtocol.Any();
            default:
                return null;
        }
    }

    private FlowProtocol.Transport Transport(TransportProtocol protocol)
    {
        Take();
        return new(protocol, TryTake("port") ? Ranges("a port", 65535) : []);
    }

    private FlowEnd End(Token side)
    {
        var end = new FlowEnd();
        if (TryTake("domain"))
        {
            if (side.Text == "local")
            {
                Source.Error("WAY1015", Last.Start, Last.End, "this node's own end has no domain", "write its addresses, or say 'peer domain'");
            }
            end = end with { Domain = QuotedString("a domain name") };
        }
        else if (Now.Kind == TokenKind.Address)
        {
            var addresses = new List<IpPrefix>();
            do
            {
                var start = Now;
                Add(addresses, Prefix("an address or a prefix"), start);
            }
            while (TryTake("|"));
            end = end with { Addresses = addresses.ToEquatableArray() };
        }
        else if (!IsWord("port"))
        {
            throw Unexpected($"an address, 'port'{(side.Text == "peer" ? " or 'domain'" : "")} behind '{side.Text}'",
                Now.Kind == TokenKind.Number ? $"did you mean 'port {Now.Text}'?" : Now.Kind is TokenKind.Word or TokenKind.String && side.Text == "peer" ? $"did you mean 'domain \"{Now.Text}\"'?" : null);
        }
        return TryTake("port") ? end with { Ports = Ranges("a port", 65535) } : end;
    }

    private FlowExtra? Extra()
    {
        if (TryTake("dscp"))
        {
            if (Now.Kind != TokenKind.Word)
            {
                return new FlowExtra.Dscp(Ranges("a code point", 63));
            }
            var name = Take();
            if (!Words.CodePoints.TryGetValue(name.Text, out var value))
            {
                throw Fail("WAY1012", name, $"no code point is called '{name.Text}'", NearestWord.Mend(name.Text, Words.CodePoints.Keys) ?? "write its number, 0 to 63");
            }
            return new FlowExtra.Dscp([new(value, value)]);
        }
        if (TryTake("label"))
        {
            return new FlowExtra.Label(Ranges("an IPv6 flow label", (1 << 20) - 1));
        }
        if (TryTake("by"))
        {
            var kind = Now;
            return Now.Text switch
            {
                "user" when TryTake("user") => new FlowExtra.User(NameOrNumber("a user's name")),
                "group" when TryTake("group") => new FlowExtra.Group(NameOrNumber("a group's name")),
                "app" when TryTake("app") => new FlowExtra.App(Name("a program's name")),
                "cgroup" when TryTake("cgroup") => new FlowExtra.Cgroup(QuotedString("a control group", PolicyLimits.TextLength)),
                _ => throw Unexpected("'user', 'group', 'app' or 'cgroup' behind 'by'", kind.Kind == TokenKind.Word ? NearestWord.Mend(kind.Text, ["user", "group", "app", "cgroup"]) : null),
            };
        }
        if (TryTake("from"))
        {
            Expect("interface", "behind 'from'");
            return new FlowExtra.FromInterface(Name("an interface's name"));
        }
        if (TryTake("started"))
        {
            return new FlowExtra.Started(
                TryTake("here") ? StartedBy.Here : TryTake("peer") ? StartedBy.Peer : TryTake("forwarded") ? StartedBy.Forwarded
                : throw Unexpected("'here', 'peer' or 'forwarded' behind 'started'"));
        }
        if (IsWord("not"))
        {
            Take();
            Expect("(", "and the flows that are left out");
            var flows = Nested(Flows);
            Expect(")", "behind the flows that are left out");
            return new FlowExtra.Not(flows);
        }
        return null;
    }

    /// <summary>A user or group may be given by number.</summary>
    private string NameOrNumber(string what) =>
        Now.Kind == TokenKind.Number && !(Then.Kind == TokenKind.Word && Then.Start == Now.End) ? Integer(what, uint.MaxValue - 1).ToString(System.Globalization.CultureInfo.InvariantCulture) : Name(what);
}
