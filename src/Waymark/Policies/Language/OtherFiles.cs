using System.Collections.Frozen;

namespace Waymark.Policies.Language;

/// <summary>Files of the other languages that are written like this one, given as policies: one sentence in place of a mistake in each of their statements.</summary>
internal static class OtherFiles
{
    /// <summary>What the statements of a node file start with, and no policy does; <c>peer</c> starts flows as well.</summary>
    private static readonly FrozenSet<string> NodeWords = new[]
    {
        "node", "fwmark", "ctmark", "table", "priority", "bypass", "strict", "path", "forward", "probe", "reflector", "hold-down", "requester", "listen", "dashboard",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What those of a lab file start with, beside <c>node</c>.</summary>
    private static readonly FrozenSet<string> LabWords = new[] { "uplink", "host", "server" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the text is another file, by its first word; then that is reported.</summary>
    public static bool Tell(IReadOnlyList<Token> tokens, SourceText source)
    {
        var first = tokens[0];
        var isLab = first.Kind == TokenKind.Word && LabWords.Contains(first.Text);
        if ((!isLab && !(first.Kind == TokenKind.Word && NodeWords.Contains(first.Text))) || StartsPolicy(tokens))
        {
            return false;
        }
        for (var i = 1; i < tokens.Count && !isLab; i++)
        {
            isLab = tokens[i - 1].Is(";") && tokens[i].Kind == TokenKind.Word && LabWords.Contains(tokens[i].Text);
        }
        source.Error("WAY0017", first.Start, first.End, isLab ? "this is a lab file and holds no policies" : "this is a node file and holds no policies",
            isLab ? "'waymark check' reads it where its name ends in .lab; it has no JSON form" : "'waymark check --node' reads it; it has no JSON form");
        return true;
    }

    /// <summary>Whether the first word is the name of a policy or of flows that are defined: what stands behind it in a policy stands in no other file.</summary>
    private static bool StartsPolicy(IReadOnlyList<Token> tokens)
    {
        var second = tokens[Math.Min(1, tokens.Count - 1)];
        var third = tokens[Math.Min(2, tokens.Count - 1)];
        return second.Is(":") || second.Is(",") || (second.Kind == TokenKind.Word && Words.Reserved.Contains(second.Text) && second.Text is not ("interface" or "from") && !third.Is("{"));
    }
}
