using Waymark.Policies;

namespace Waymark.Exchange.Wire;

/// <summary>
/// How much is taken from outside before it is refused. Generous to people and programs, small enough that one caller cannot exhaust the daemon.
/// </summary>
public static class WireLimits
{
    /// <summary>
    /// The largest message in bytes, either way. A text has at most 16 MiB (<see cref="Policies.Language.PolicyLanguage.MostBytes"/>) and becomes one to four times as large: 100,000 policies of a
    /// prefix, a range of ports and a wish are 10 MiB in both, statements of two words three times their text, flows of one word four times. So 64 MiB take whatever was read as a text, but
    /// for made-up lists of one-letter names. In JSON the same 100,000 policies are 122 MiB: as JSON a set of about half of that is taken.
    /// </summary>
    public const int MessageBytes = 64 << 20;

    /// <summary>
    /// How many messages stand inside each other, the policy set itself included: a guard of the stack, wide enough for every set whose nesting is at most
    /// <see cref="PolicyLimits.Nesting"/> (three messages a level, twelve around and below), so that it is that limit which a writer meets. Protobuf's own readers stop at 100.
    /// </summary>
    public const int Depth = (3 * PolicyLimits.Nesting) + 12;

    /// <summary>The most mistakes that one answer lists; the rest is counted. Bounds the trailer that carries them (HTTP/2 peers take some 16 KiB).</summary>
    public const int Diagnostics = 40;

    /// <summary>The most bytes of the trailer that carries them.</summary>
    public const int DiagnosticBytes = 12 << 10;

    /// <summary>The most bytes of the trailer that says in words why a call was refused.</summary>
    public const int StatusBytes = 3 << 10;
}
