using System.Diagnostics.CodeAnalysis;

namespace Waymark.Paths;

/// <summary>
/// Names a path for good: the pair of a protocol identifier and an identifier that the protocol keeps (paper 5.2, module A), written <c>ip/wlan0</c>.
/// The default struct names nothing and is refused where a path is made.
/// </summary>
/// <param name="Protocol">The maintainer's word for itself: <c>ip</c>, <c>mptcp</c>, <c>mcoa</c>; no slash.</param>
/// <param name="LocalId">What the protocol calls the path; may hold slashes.</param>
public readonly record struct PathId(string Protocol, string LocalId) : IComparable<PathId>
{
    /// <summary>Reads <c>protocol/local-id</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PathId id)
    {
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        id = slash > 0 && slash < text!.Length - 1 ? new(text[..slash], text[(slash + 1)..]) : default;
        return id != default;
    }

    /// <summary>Ordinal, protocol first.</summary>
    public int CompareTo(PathId other) =>
        string.CompareOrdinal(Protocol, other.Protocol) is var order and not 0 ? order : string.CompareOrdinal(LocalId, other.LocalId);

    /// <summary><c>protocol/local-id</c>.</summary>
    public override string ToString() => $"{Protocol}/{LocalId}";

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(PathId left, PathId right) => left.CompareTo(right) < 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(PathId left, PathId right) => left.CompareTo(right) > 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(PathId left, PathId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(PathId left, PathId right) => left.CompareTo(right) >= 0;
}
