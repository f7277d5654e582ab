using Waymark.Lab.Topologies;
using Waymark.Nodes;
using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

public sealed class CanonicalFormTests
{
    public static TheoryData<string> Samples => new(System.IO.Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "samples"), "*", System.IO.SearchOption.AllDirectories)
        .Where(file => System.IO.Path.GetExtension(file) is ".way" or ".lab").Select(file => System.IO.Path.GetRelativePath(System.IO.Path.Combine(Repository.Root, "samples"), file)));

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_in_canonical_form(string name)
    {
        var text = Repository.Sample(name);
        Assert.Equal(text, name.EndsWith(".lab", StringComparison.Ordinal) ? LabLanguage.Format(text, name)
            : System.IO.Path.GetFileName(name) == "node.way" ? NodeLanguage.Format(text, name) : PolicyLanguage.Format(text, name));
    }

    [Theory]
    [InlineData("udp dscp ef drop;", "udp dscp ef drop;")]
    [InlineData("udp dscp 46 drop;", "udp dscp ef drop;")]
    [InlineData("udp dscp be drop;", "udp dscp cs0 drop;")]
    [InlineData("udp dscp {46, 34} drop;", "udp dscp {46, 34} drop;")]
    [InlineData("udp dscp 47 drop;", "udp dscp 47 drop;")]
    [InlineData("any require up else prefer lowest jitter, lowest rtt else drop;", "any require up else lowest jitter, lowest rtt else drop;")]
    [InlineData("any require up else lowest jitter for 3 s;", "any require up else lowest jitter for 3 s;")]
    [InlineData("any require up else prefer metered, lowest rtt;", "any require up else prefer metered, lowest rtt;")]
    [InlineData("any require up else prefer lowest rtt balance;", "any require up else prefer lowest rtt balance;")]
    [InlineData("any require up else require metered prefer lowest rtt;", "any require up else require metered prefer lowest rtt;")]
    public void Names_and_the_short_form_are_canonical(string written, string canonical)
    {
        Assert.Equal(canonical + "\n", PolicyLanguage.Format(written, ""));
        Assert.Equal(PolicyLanguage.Parse(written, "").Set, PolicyLanguage.Parse(canonical, "").Set);
    }
}
