using Google.Protobuf;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Fuzzing.Targets;

/// <summary>A policy set as it comes over the network: it is refused with diagnostics, or is one that the language could have said.</summary>
internal static class PolicyMessage
{
    public static FuzzTarget Target { get; } = new("policy-message",
        [.. Seeds.Statements.Select(text => PolicyLanguage.Parse(text, "seed").Set).OfType<PolicySet>().Select(set => PolicySetTranslation.ToWire(set, withPlaces: false).ToByteArray())], Take);

    private static bool Take(byte[] input)
    {
        V1.PolicySet wire;
        try
        {
            wire = V1.PolicySet.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            // No message at all: the library's own word.
            return false;
        }
        if (PolicySetTranslation.ToCore(wire, "fuzz", out var diagnostics) is not { } set)
        {
            Expect.That(diagnostics.Count > 0, "what is refused has a reason");
            return Diagnostics.AreOfKinds(diagnostics, 2);
        }
        Sets.CheckSayable(set);
        Expect.Equal(set, PolicySetTranslation.ToCore(PolicySetTranslation.ToWire(set), "fuzz", out _), "sent again it is the same");
        return false;
    }
}
