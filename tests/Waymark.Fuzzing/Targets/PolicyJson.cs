using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>A policy set as JSON: it is refused with diagnostics, or is one that the language could have said.</summary>
internal static class PolicyJson
{
    public static FuzzTarget Target { get; } = new("policy-json",
        Seeds.Of(Seeds.Statements.Select(text => PolicyLanguage.Parse(text, "seed").Set).OfType<PolicySet>().Select(PolicySetJson.ToJson)), Take)
    {
        Words =
        [
            "\"statements\":", "\"policy\":", "\"rule\":", "\"flows\":", "\"action\":", "\"wish\":", "\"drop\":", "\"default\":", "\"lifetime\":", "\"3600s\"", "\"require\":", "\"prefer\":", "\"else\":", "\"name\":", "\"condition\":", "\"then\":",
            "{}", "[]", "null", "true", "false", "-1", "1e999", "\\u0000", "\\ud800", "[[[[[[[[", "{\"a\":", "\"tcp\"", "\"peer\":", "\"ports\":", "\"first\":", "\"last\":",
        ],
    };

    private static bool Take(byte[] input)
    {
        if (PolicySetJson.FromJson(Encoding.UTF8.GetString(input), "fuzz", out var diagnostics) is not { } set)
        {
            Expect.That(diagnostics.Count > 0, "what is refused has a reason");
            return diagnostics[0].Code == "WAY5005";
        }
        Sets.CheckSayable(set);
        return false;
    }
}
