using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>A policy file: every text is read or has errors that lie in it, and what was read can be written in every form and read again.</summary>
internal static class PolicyText
{
    public static FuzzTarget Target { get; } = new("policy-text", Seeds.Of(Seeds.Statements), Take) { Words = Words.OfPolicies };

    private static bool Take(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var parse = PolicyLanguage.Parse(input, "fuzz");
        Diagnostics.Check(parse.Diagnostics, text, parse.Set is null);
        if (parse.Set is not { } set)
        {
            return Diagnostics.AreOfKinds(parse.Diagnostics, 3);
        }
        Sets.CheckSayable(set);
        if (PolicyLanguage.Parse(text, "fuzz").Set is not null)
        {
            var formatted = PolicyLanguage.Format(text, "fuzz")!;
            Expect.Equal(set, PolicyLanguage.Parse(formatted, "fuzz").Set, "formatted it means the same");
            Expect.Equal(formatted, PolicyLanguage.Format(formatted, "fuzz"), "what is formatted stays as it is");
        }
        Expect.Equal(set, PolicySetJson.FromJson(PolicySetJson.ToJson(set), "fuzz", out _), "as JSON it is the same");
        return false;
    }
}
