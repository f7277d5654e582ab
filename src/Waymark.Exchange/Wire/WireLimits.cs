namespace Waymark.Exchange.Wire;

/// <summary>
/// How much is taken from outside before it is refused. Generous to people and programs, small enough that one caller cannot exhaust the daemon.
/// </summary>
public static class WireLimits
{
    /// <summary>The largest message in bytes, either way: 64 MiB holds 100,000 policies several times over.</summary>
    public const int MessageBytes = 64 << 20;

    /// <summary>
    /// How deep messages nest, the policy set itself included. Protobuf's own readers stop at 100; ours stops before them, with a place. Each rule in a rule
    /// takes two levels, each <c>and</c>, <c>or</c> and <c>for</c> takes two, each <c>not</c> one.
    /// </summary>
    public const int Depth = 96;

    /// <summary>The most policies, rules and definitions in one set, all levels together.</summary>
    public const int Statements = 200_000;

    /// <summary>The most entries of any other list: flows of a policy, ranges, addresses, claims.</summary>
    public const int ListEntries = 10_000;

    /// <summary>The longest name, in UTF-16 units: what a file name may have.</summary>
    public const int NameLength = 255;

    /// <summary>The longest other string (a label's value, a control group), in UTF-16 units.</summary>
    public const int TextLength = 4096;

    /// <summary>The most mistakes that one answer lists; the rest is counted. Bounds the trailer that carries them (HTTP/2 peers take some 16 KiB).</summary>
    public const int Diagnostics = 40;

    /// <summary>The most bytes of the trailer that carries them.</summary>
    public const int DiagnosticBytes = 12 << 10;
}
