using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Tests.Exchange;

public sealed class PolicySetJsonTests
{
    public static TheoryData<string> Samples => Policies.Language.PolicyLanguageTests.Samples;

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_comes_back_from_JSON_as_it_went(string name)
    {
        var set = PolicyLanguage.Parse(Repository.Sample(name), name).Set!;
        var again = PolicySetJson.FromJson(PolicySetJson.ToJson(set), name, out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(set, again);
    }

    [Theory]
    [InlineData("{", "WAY5001")]
    [InlineData("[]", "WAY5001")]
    [InlineData("""{"statments":[]}""", "WAY5001")]
    [InlineData("""{"statements":[{}]}""", "WAY5002")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"any":{}}],"action":{}}}]}""", "WAY5001")]
    public void Wrong_JSON_is_refused_with_what_is_wrong(string json, string code)
    {
        Assert.Null(PolicySetJson.FromJson(json, "x.json", out var diagnostics));
        Assert.Contains(code, diagnostics.Select(one => one.Code));
    }
}
