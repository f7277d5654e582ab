using System.Diagnostics;
using Google.Protobuf;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Peers;
using Waymark.Tests.PathDecision;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Fuzz;

/// <summary>Spoiled messages, recordings and memories: each is read, or refused in the way that its reader promises.</summary>
public sealed class MessageFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(1);

    private const string Policies = "voice: udp peer port 5060-5061 require delay < 80 ms, jitter < 20 ms prefer lowest cost else lowest jitter lifetime 8 h; any balance by bandwidth; when any path (up) for 5 s { tcp drop; }";

    private static readonly World World = Worlds.Of(Policies).With("wifi", ("delay", 0.02), ("cost", 1.0)).With("lte", ("medium", "cellular"));

    [Fact]
    public void Spoiled_policy_sets_are_refused_with_diagnostics_or_read()
    {
        var whole = PolicySetTranslation.ToWire(World.Policies.Sets[0].Set, withPlaces: true).ToByteArray();
        Run(1, random =>
        {
            V1.PolicySet wire;
            try
            {
                wire = V1.PolicySet.Parser.ParseFrom(Spoil(random, whole));
            }
            catch (InvalidProtocolBufferException)
            {
                // No message at all: the library's own word.
                return;
            }
            if (PolicySetTranslation.ToCore(wire, "fuzz", out var diagnostics) is null)
            {
                Assert.NotEmpty(diagnostics.AsEnumerable());
            }
        });
    }

    [Fact]
    public void Spoiled_rules_of_peers_are_refused_with_a_reason_or_read_and_judged()
    {
        var policy = (Waymark.Policies.Policy)World.Policies.Sets[0].Set.Statements[0];
        var peer = new PeerDeclaration("spoke", "spoke.example.net") { Prefixes = [new(IpAddress.Parse("10.2.0.0"), 16)] };
        byte[][] wholes = [.. new PeerWish[] { new PeerWish.Own(policy.Action, policy.Else), new PeerWish.Shared(new([1, 2], IsStrict: true, null), SharedChoice.None) }
            .Select(wish => PeerTranslation.ToWire(new PeerRule("voice", 3, [], policy.Flows, policy.EffectiveEstablished, wish)).Content.ToArray())];
        Run(4, random =>
        {
            var (rule, fault) = PeerTranslation.ToCore(new RuleBytes(Spoil(random, wholes[random.Next(2)])));
            Assert.Equal(rule is null, fault is not null);
            if (rule is not null && PeerRights.FaultOf(rule, peer, peer.Prefixes) is null)
            {
                RulePolicies.Of(rule, peer, NodeFile.Default);
            }
        });
    }

    [Fact]
    public void Spoiled_recordings_are_refused_or_read()
    {
        var whole = System.Text.Encoding.UTF8.GetBytes(Recording.Write(World, PathResolution.Decide(World)));
        Run(2, random =>
        {
            try
            {
                Recording.Read(System.Text.Encoding.UTF8.GetString(Spoil(random, whole)));
            }
            catch (FormatException)
            {
                // Promised.
            }
        });
    }

    [Fact]
    public void Spoiled_memories_are_those_of_a_first_decision_or_read()
    {
        var whole = System.Text.Encoding.UTF8.GetBytes(MemoryText.Write(PathResolution.Decide(World).Next));
        Run(3, random => MemoryText.Read(System.Text.Encoding.UTF8.GetString(Spoil(random, whole))));
    }

    /// <summary>Changes, drops, doubles and swaps pieces.</summary>
    private static byte[] Spoil(Random random, byte[] whole)
    {
        var bytes = whole.ToList();
        for (var times = random.Next(1, 5); times > 0 && bytes.Count > 1; times--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    bytes[at] = (byte)"[]{},:\"-09e"[random.Next(11)];
                    break;
            }
        }
        return [.. bytes];
    }

    private static void Run(int seed, Action<Random> once)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < Box; round++)
        {
            try
            {
                once(new Random((seed * 1_000_000) + round));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", fault);
            }
        }
    }
}
