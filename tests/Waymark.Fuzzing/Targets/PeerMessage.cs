using System.Text;
using Google.Protobuf;
using Waymark.ConditionDecision;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Fuzzing.Targets;

/// <summary>What another node says: terms, digests, rules, reports and measurements are read within their bounds or passed over, and a rule that it may ask for becomes policies that merge with others.</summary>
internal static class PeerMessage
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private static readonly NodeFile Node = NodeLanguage.Parse(Encoding.UTF8.GetBytes("""
        listen { address [::]; certificate "/a.pem"; key "/a.key"; authority "/ca.pem"; }
        peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16, 2001:db8:2::/48; }
        path spoke1 { interface wg1; gateway 10.3.1.2, 2001:db8:31::2; medium tunnel; peer spoke; shared 1; }
        path spoke2 { interface wg2; gateway 10.3.2.2, 2001:db8:32::2; medium tunnel; peer spoke; shared 2; }
        """), "fuzz").File!;

    private static readonly PeerDeclaration Peer = Node.Peers[0];

    public static FuzzTarget Target { get; } = new("peer-message", [.. Begin().Select(message => message.ToByteArray())], Take);

    private static IEnumerable<V1.PeerMessage> Begin()
    {
        var (first, second) = (new SharedChoice([1, 2], IsStrict: true, null), new SharedChoice([2], IsStrict: false, BalancePer.Peer));
        RuleBytes[] rules =
        [
            Rule("udp peer 10.2.0.0/16 port 5060-5061", new PeerWish.Shared(first, first)),
            Rule("tcp peer 2001:db8:2::1, udp peer 10.2.9.9 not (udp port 53)", new PeerWish.Shared(second, second)),
            Rule("esp peer 10.2.0.1", new PeerWish.Own(new PolicyAction.Drop(), [])),
            Rule("udp peer 10.2.0.2", Own("any require delay < 80 ms, loss < 1 % prefer lowest cost else lowest jitter;")),
        ];
        yield return PeerTranslation.Hello("spoke", TimeSpan.FromSeconds(30), [new IpPrefix(IpAddress.Parse("10.1.0.0"), 16), new IpPrefix(IpAddress.Parse("2001:db8:1::"), 48)]);
        yield return PeerTranslation.Inventory(rules.Take(2).Select(rule => rule.Digest));
        foreach (var rule in rules)
        {
            yield return PeerTranslation.ToWire(new RuleUpdate([rule], [new(7)]));
        }
        yield return PeerTranslation.ToWire([new RuleReport(rules[0].Digest, RuleState.Installed, ""), new RuleReport(rules[1].Digest, RuleState.Unresolved, "why")]);
        yield return PeerTranslation.ToWire([KeyValuePair.Create(1, PathCharacteristics.Of(new("ip", "a"),
        [
            new("delay", new(CharacteristicValue.Of(0.02), Now, 5, "fuzz") { StandardError = 0.001 }), new("loss", new(CharacteristicValue.Of(0.01), Now, 5, "fuzz")), new(PathCharacteristics.Up4, new(CharacteristicValue.Of(true), Now, 0, "fuzz")),
        ]))]);
        yield return PeerTranslation.KeepAlive(RuleDigest.OfAll(rules.Select(rule => rule.Digest)));
    }

    private static RuleBytes Rule(string flows, PeerWish wish) => PeerTranslation.ToWire(new PeerRule("r", 0, [], PolicyLanguage.ParseFlows(flows, "seed", out _)!.Value, Established.Keep, wish));

    private static PeerWish.Own Own(string policy)
    {
        var read = (Policy)PolicyLanguage.Parse(policy, "seed").Set!.Statements[0];
        return new(read.Action, read.Else);
    }

    private static bool Take(byte[] input)
    {
        V1.PeerMessage wire;
        try
        {
            wire = V1.PeerMessage.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            // No message at all: the library's own word.
            return false;
        }
        switch (wire.KindCase)
        {
            case V1.PeerMessage.KindOneofCase.Hello:
                CheckTerms(wire.Hello);
                return false;
            case V1.PeerMessage.KindOneofCase.Inventory:
                var digests = PeerTranslation.Digests(wire.Inventory.Rules);
                Expect.That(digests is null || digests.Value.Select(one => ByteString.CopyFrom(one.ToBytes())).SequenceEqual(wire.Inventory.Rules), "a digest is its bytes");
                return false;
            case V1.PeerMessage.KindOneofCase.Update:
                return PeerTranslation.ToCore(wire.Update) is { } update && Keep(update);
            case V1.PeerMessage.KindOneofCase.Reports:
                foreach (var report in PeerTranslation.ToCore(wire.Reports))
                {
                    Expect.That(Enum.IsDefined(report.State) && CanBeShown(report.Detail), "a report has a state, and a reason that can be shown");
                }
                return false;
            case V1.PeerMessage.KindOneofCase.SharedPaths:
                CheckPaths(PeerTranslation.ToCore(wire.SharedPaths, Peer.Name, Now));
                return false;
            case V1.PeerMessage.KindOneofCase.KeepAlive:
                RuleDigest.TryRead(wire.KeepAlive.Rules.Span, out _);
                return false;
            default:
                return false;
        }
    }

    private static void CheckTerms(V1.Hello wire)
    {
        var (terms, fault) = PeerTranslation.ToCore(wire);
        Expect.That(terms is null != fault is null, "terms, or why there are none");
        if (terms is not null)
        {
            Expect.That(terms.Lease > TimeSpan.Zero && terms.Lease < TimeSpan.FromSeconds(3601) && CanBeShown(terms.Node), "a lease of at most an hour, and a name that can be shown");
            Expect.Equal(terms, PeerTranslation.ToCore(PeerTranslation.Hello(terms.Node, terms.Lease, terms.Granted).Hello).Terms, "sent on they are the same");
        }
    }

    private static void CheckPaths(EquatableArray<KeyValuePair<int, PathCharacteristics>> told)
    {
        Expect.That(told.DistinctBy(one => one.Key).Count() == told.Count && told.All(one => one.Key is >= 1 and <= 255), "each number once, within its range");
        foreach (var (name, measured) in told.SelectMany(one => one.Value.Values))
        {
            Expect.That(SharedMeasurements.IsTold(name, measured.Value) && measured.StandardError is not < 0, "only what is told, and numbers that are some");
        }
        foreach (var (_, path) in told)
        {
            SharedMeasurements.Seen(PathCharacteristics.Of(path.Path, []), path);
        }
    }

    private static bool Keep(RuleUpdate update)
    {
        var keeping = new RuleKeeping(Peer.Lease);
        if (keeping.Take(update, default) is null)
        {
            return false;
        }
        var sets = new List<AcceptedPolicySet>();
        foreach (var bytes in keeping.Held)
        {
            var (rule, fault) = PeerTranslation.ToCore(bytes);
            Expect.That(rule is null != fault is null, "a rule, or why it is none");
            if (rule is null || PeerRights.FaultOf(rule, Peer, Peer.Prefixes) is not null)
            {
                continue;
            }
            Expect.Equal(rule, PeerTranslation.ToCore(PeerTranslation.ToWire(rule)).Rule, "sent on it is the same");
            var (set, refused) = RulePolicies.Of(rule, Peer, Node);
            Expect.That(set is null != refused is null, "policies, or why there are none");
            if (set is not null)
            {
                sets.Add(new(new(Peer.Name, Peer.Rank) { IsPeer = true }, bytes.Digest.ToString(), set, Now, []));
            }
        }
        var merged = PolicyMerge.Merge(sets, NodeNames.None);
        Expect.That(merged.Policies.All(one => Peer.Reach.Contains(one.Flows.Selector)), "no flow but with the peer");
        // One that wants something else of each family, which none has to begin with.
        return merged.Policies.Count > sets.Count;
    }

    private static bool CanBeShown(string text) => !text.Any(char.IsControl);
}
