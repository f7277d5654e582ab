using CsCheck;
using Google.Protobuf;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

public sealed class PolicyLanguageProperties
{
    [Fact]
    public void What_is_printed_reads_as_what_it_was() => PolicySamples.Set.Sample(
        set =>
        {
            var text = PolicyPrinter.Print(set);
            var parse = PolicyLanguage.Parse(text, "t.way");
            Assert.False(parse.HasErrors, $"{string.Join('\n', parse.Diagnostics.Where(one => one.Severity == Severity.Error))}\n{text}");
            Assert.Equal(set, parse.Set);
            Assert.Equal(text, PolicyPrinter.Print(parse.Set!));
        }, iter: 2000);

    [Fact]
    public void What_can_be_written_crosses_the_wire_and_JSON() => PolicySamples.Set.Sample(
        set =>
        {
            var bytes = PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray();
            var again = PolicySetTranslation.ToCore(Waymark.Exchange.Wire.V1.PolicySet.Parser.ParseFrom(bytes), "t", out var mistakes);
            Assert.Empty(mistakes);
            Assert.Equal(set, again);
            Assert.Equal(set, PolicySetJson.FromJson(PolicySetJson.ToJson(set), "t", out _));
        }, iter: 500);

    [Fact]
    public void Formatting_what_was_printed_changes_nothing() => PolicySamples.Set.Sample(
        set =>
        {
            var text = PolicyPrinter.Print(set);
            Assert.DoesNotContain(PolicyLanguage.Parse(text, "t.way").Diagnostics, one => one.Severity == Severity.Error);
            Assert.Equal(text, PolicyLanguage.Format(text, "t.way"));
        }, iter: 500);

    [Fact]
    public void Comments_and_line_feeds_anywhere_survive_formatting_and_change_no_meaning()
    {
        var samples = PolicyLanguageTests.SampleNames.Select(Repository.Sample).ToArray();
        Gen.Select(Gen.Int[0, samples.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 4]).Array[1, 6]).Sample(
            (pick, inserts) =>
            {
                var text = samples[pick];
                var set = PolicyLanguage.Parse(text, "t.way").Set;
                text = CommentsAnywhere.Insert(text, inserts);
                var formatted = PolicyLanguage.Format(text, "t.way");
                Assert.NotNull(formatted);
                Assert.Equal(set, PolicyLanguage.Parse(formatted, "t.way").Set);
                Assert.Equal(CommentsAnywhere.In(text), CommentsAnywhere.In(formatted));
                Assert.Equal(formatted, PolicyLanguage.Format(formatted, "t.way"));
            }, iter: 400);
    }
}
