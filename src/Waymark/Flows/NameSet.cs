namespace Waymark.Flows;

/// <summary>
/// A set of slash-separated names: a name belongs by its longest listed ancestor-or-self, so <c>a/b</c> stands for all below it (control groups).
/// Names without a slash (interfaces, programs) are the flat case. The absent name (null: the packet has none) belongs only where <see cref="HasAbsent"/>.
/// </summary>
public sealed record NameSet
{
    /// <summary>Whether names that no entry covers belong.</summary>
    public required bool Otherwise { get; init; }

    /// <summary>Whether a packet that has no such name belongs.</summary>
    public required bool HasAbsent { get; init; }

    /// <summary>The entries, in ordinal order of name; none says the same as its nearest listed ancestor (or <see cref="Otherwise"/>).</summary>
    public EquatableArray<NameEntry> Entries { get; init; } = [];

    /// <summary>The set of <paramref name="name"/> and all below it, and nothing else.</summary>
    public static NameSet Of(string name) => new() { Otherwise = false, HasAbsent = false, Entries = [new NameEntry(name, true)] };
}

/// <summary>What a <see cref="NameSet"/> says of one name and all below it.</summary>
/// <param name="Name">The name, without leading or trailing slash.</param>
/// <param name="Belongs">Whether they are in the set.</param>
public readonly record struct NameEntry(string Name, bool Belongs);
