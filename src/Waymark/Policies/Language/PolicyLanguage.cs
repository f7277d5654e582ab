using System.Text;
using Waymark.PathExamination;

namespace Waymark.Policies.Language;

/// <summary>What came of reading a policy set.</summary>
/// <param name="Set">The set; null where there is an error.</param>
/// <param name="Diagnostics">Errors and warnings, in order of place.</param>
public sealed record PolicyParse(PolicySet? Set, EquatableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether the text was refused.</summary>
    public bool HasErrors => Set is null;
}

/// <summary>The policy language (requirement R1 of the paper): text to model and back. The reference is <c>docs/policy-language.md</c>.</summary>
public static class PolicyLanguage
{
    /// <summary>More than any policy set that people or programs write; what is larger is a mistake or an attack.</summary>
    public const int MostBytes = 16 << 20;

    /// <summary>Reads a set. Finds every independent mistake in one run; never throws for the text's sake.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">Its name, for messages.</param>
    public static PolicyParse Parse(string text, string file)
    {
        var source = new SourceText(text, file);
        if (text.Length > MostBytes)
        {
            source.Error("WAY0011", 0, 1, $"the file holds more than {MostBytes >> 20} MiB", "split it: each file in the policy directory is a set of its own");
            return new(null, source.Diagnostics);
        }
        var parser = new PolicyParser(source);
        if (OtherFiles.Tell(parser.Tokens, source))
        {
            return new(null, source.Diagnostics);
        }
        var set = parser.Read();
        if (!source.HasErrors)
        {
            PolicyChecks.Run(set, parser, source);
        }
        return new(source.HasErrors ? null : set, source.Diagnostics);
    }

    /// <summary>As <see cref="Parse(string, string)"/>, of bytes that have to be UTF-8.</summary>
    public static PolicyParse Parse(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.Length > MostBytes)
        {
            return new(null, [new("WAY0011", Severity.Error, file, 1, 1, 1, $"the file holds more than {MostBytes >> 20} MiB", "split it: each file in the policy directory is a set of its own")]);
        }
        return TryDecode(utf8, file, out var text, out var diagnostic) ? Parse(text, file) : new(null, [diagnostic!]);
    }

    /// <summary>Warnings where sets that are in force together say different things of the same flows; of some ten thousand policies together, not all.</summary>
    /// <param name="sets">Sets of one requester, each with the name that messages give it; no name twice.</param>
    public static EquatableArray<Diagnostic> CheckTogether(IReadOnlyList<(string File, PolicySet Set)> sets) => sets.Count < 2 ? [] : Disagreements.Between(sets);

    /// <summary>The canonical form of a text: comments and single blank lines between statements stay. Null where the text has errors.</summary>
    public static string? Format(string text, string file)
    {
        var source = new SourceText(text, file);
        var parser = new PolicyParser(source);
        var set = parser.Read();
        return source.HasErrors ? null : new PolicyFormatter(source, parser).Format(set);
    }

    /// <summary>Reads flows alone, as <c>may flows</c> of the node file and queries have them; null with diagnostics where they are wrong.</summary>
    public static EquatableArray<Flow>? ParseFlows(string text, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        var source = new SourceText(text, file);
        var flows = new PolicyParser(source).ReadFlows();
        diagnostics = source.Diagnostics;
        return source.HasErrors ? null : flows;
    }

    /// <summary>Reads what is said of a path from outside, <c>NAME VALUE [for DURATION]</c>, with for how long it counts; null with diagnostics where it is wrong.</summary>
    public static (CharacteristicSetting Setting, TimeSpan? Lasting)? ParseSetting(string text, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        var source = new SourceText(text, file);
        var setting = new SettingReader(source).Read();
        diagnostics = source.Diagnostics;
        return setting;
    }

    /// <summary>Reads a claim about a path alone, as <c>degraded when</c> of the node file has it; null with diagnostics where it is wrong.</summary>
    public static Predicate? ParseClaim(string text, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        var source = new SourceText(text, file);
        var claim = new PolicyParser(source).ReadClaim();
        diagnostics = source.Diagnostics;
        return source.HasErrors ? null : claim;
    }

    internal static bool TryDecode(ReadOnlySpan<byte> utf8, string file, out string text, out Diagnostic? diagnostic)
    {
        var broken = System.Text.Unicode.Utf8.IsValid(utf8) ? -1 : FirstBroken(utf8);
        diagnostic = null;
        text = "";
        if (broken < 0)
        {
            text = Encoding.UTF8.GetString(utf8);
            return true;
        }
        var before = utf8[..broken];
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        diagnostic = new("WAY0012", Severity.Error, file, line, column, 1, $"the byte 0x{utf8[broken]:X2} here is not UTF-8", "save the file as UTF-8");
        return false;
    }

    private static int FirstBroken(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(utf8[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }
        return at;
    }
}
