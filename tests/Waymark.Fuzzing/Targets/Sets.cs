using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Fuzzing.Targets;

/// <summary>What is true of every set that was read, whatever it was read from.</summary>
internal static class Sets
{
    private const string NothingLeft = "WAY1021";

    /// <summary>The language can say it: whoever shows it, keeps it or sends it on loses nothing.</summary>
    public static void CheckSayable(PolicySet set)
    {
        var text = PolicyPrinter.Print(set);
        var parse = PolicyLanguage.Parse(text, "fuzz");
        if (!FlowReferences.Check(set, "fuzz").IsEmpty || parse.Diagnostics.Any(one => one.Code == NothingLeft))
        {
            // What it names is looked at when it is submitted; flows that exclude themselves are a slip of who writes them by hand.
            Expect.That(parse.Set is null, "neither is a text that names it taken");
            return;
        }
        Expect.That(set == parse.Set, $"printed and read again it is the same: {text.ReplaceLineEndings(" ")} {string.Join(' ', parse.Diagnostics)}");
    }
}
