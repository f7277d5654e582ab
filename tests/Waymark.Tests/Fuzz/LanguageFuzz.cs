using System.Diagnostics;
using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Nodes;
using Waymark.Policies.Language;
using Waymark.Tests.Nodes;
using Waymark.Tests.Policies.Language;

namespace Waymark.Tests.Fuzz;

/// <summary>Random bytes and spoiled samples: whatever the text, reading it ends, throws nothing, and puts every message inside the text.</summary>
public sealed class LanguageFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(2);

    private static readonly string[] Pieces =
    [
        ":", ".", "::", "/", "\"", "\\", "{", "}", "(", ")", ";", ",", "|", "-", "#", "\n", "\r", "\t", "0x", "0", "99999999999999999999999999999999", "1.5", "22:00", "fe80::1", "10.0.0.0/8", "1.2.3.", ":.:",
        "%", "/GB", "Mbit/s", "ms", "interface ", "probe ", "icmp ", "listen ", "may flows ", "every ", "resets ", "not ", "not (", "any ", "flow ", "when ", "rule ", "otherwise ", "else ", "require ", "prefer ", "for ", "peer ", "local ", "port ", "lowest ", "path ", "day ", "\ufeff", "ü", "\ud800", "𝒳", "\0",
    ];

    private static readonly string[] Said =
        ["lte.rsrp ", "signal ", "bandwidth ", "quota ", "mtu ", "metered ", "medium ", "rtt.p95 ", "cost ", "-", "97 ", "0.00001 ", "20 Mbit/s ", "3 % ", "4 /GB ", "yes ", "no ", "wifi ", "for ", "30 s ", "10000 d ", "0x10 ", "\0", "99999999999999999999999999 "];

    [Fact]
    public void Spoiled_samples_are_read_without_a_fault() => Run(seed: 1, random =>
    {
        var names = PolicyLanguageTests.SampleNames.Concat(NodeLanguageTests.SampleNames).ToArray();
        var text = new StringBuilder(Repository.Sample(names[random.Next(names.Length)]));
        for (var edits = random.Next(1, 8); edits > 0; edits--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, text.ToString(at, Math.Min(random.Next(1, 40), text.Length - at)));
                    break;
                default:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }
        Read(text.ToString());
    });

    [Fact]
    public void Pieces_in_any_order_are_read_without_a_fault() => Run(seed: 2, random => Read(string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Pieces[random.Next(Pieces.Length)]))));

    [Fact]
    public void Settings_in_any_order_of_pieces_are_read_without_a_fault() => Run(seed: 4, random =>
        ReadSetting(string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => Said[random.Next(Said.Length)]))));

    [Fact]
    public void Random_bytes_are_read_without_a_fault() => Run(seed: 3, random =>
    {
        var bytes = new byte[random.Next(0, 200)];
        random.NextBytes(bytes);
        Check(PolicyLanguage.Parse(bytes, "fuzz").Diagnostics, Encoding.UTF8.GetString(bytes));
        Check(NodeLanguage.Parse(bytes, "fuzz").Diagnostics, Encoding.UTF8.GetString(bytes));
    });

    /// <summary>Texts that once were read with a fault.</summary>
    [Theory]
    [InlineData(":.:")]
    [InlineData("a::.")]
    [InlineData("for :not")]
    public void What_once_was_a_fault_is_none(string text) => Read(text);

    private static void Read(string text)
    {
        var parse = PolicyLanguage.Parse(text, "fuzz");
        Check(parse.Diagnostics, text);
        ReadNode(text);
        ReadSetting(text);
        Assert.Equal(parse.Set is null, parse.Diagnostics.Any(one => one.Severity == Severity.Error));
        if (parse.Set is { } set)
        {
            Assert.Equal(set, PolicyLanguage.Parse(PolicyPrinter.Print(set), "fuzz").Set);
            var formatted = PolicyLanguage.Format(text, "fuzz")!;
            Assert.Equal(set, PolicyLanguage.Parse(formatted, "fuzz").Set);
            Assert.Equal(formatted, PolicyLanguage.Format(formatted, "fuzz"));
            Assert.Equal(set, PolicySetJson.FromJson(PolicySetJson.ToJson(set), "fuzz", out _));
        }
    }

    private static void ReadSetting(string text)
    {
        var setting = PolicyLanguage.ParseSetting(text, "fuzz", out var diagnostics);
        Check(diagnostics, text);
        Assert.Equal(setting is null, diagnostics.Any(one => one.Severity == Severity.Error));
        if (setting is var (said, _))
        {
            // What can be written can be sent.
            Assert.Equal([said], CharacteristicTranslation.ToCore([CharacteristicTranslation.ToWire(said)], out _)!.Value.AsEnumerable());
        }
    }

    private static void ReadNode(string text)
    {
        var parse = NodeLanguage.Parse(text, "fuzz");
        Check(parse.Diagnostics, text);
        Assert.Equal(parse.File is null, parse.Diagnostics.Any(one => one.Severity == Severity.Error));
        if (parse.File is { } node)
        {
            Assert.Equal(node, NodeLanguage.Parse(NodePrinter.Print(node), "fuzz").File);
            var formatted = NodeLanguage.Format(text, "fuzz")!;
            Assert.Equal(node, NodeLanguage.Parse(formatted, "fuzz").File);
            Assert.Equal(formatted, NodeLanguage.Format(formatted, "fuzz"));
        }
    }

    private static void Check(EquatableArray<Diagnostic> diagnostics, string text)
    {
        var lines = text.Split('\n');
        foreach (var one in diagnostics)
        {
            Assert.InRange(one.Line, 1, lines.Length);
            Assert.InRange(one.Column, 1, lines[one.Line - 1].Length + 1);
            DiagnosticText.Render(one, text);
        }
    }

    private static void Run(int seed, Action<Random> once)
    {
        // Rounds are seeded one by one: a failure names the round, and the round alone repeats it.
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
