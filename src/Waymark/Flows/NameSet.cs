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

    /// <summary>Whether nothing belongs, not even the absent name.</summary>
    public bool IsEmpty => !Otherwise && !HasAbsent && Entries.IsEmpty;

    /// <summary>Whether everything belongs.</summary>
    public bool IsFull => Otherwise && HasAbsent && Entries.IsEmpty;

    /// <summary>Whether a packet of that name (null: it has none) belongs.</summary>
    public bool Contains(string? name)
    {
        if (name is null)
        {
            return HasAbsent;
        }
        for (var length = name.Length; length > 0; length = name.LastIndexOf('/', length - 1))
        {
            foreach (var entry in Entries)
            {
                if (entry.Name.Length == length && name.StartsWith(entry.Name, StringComparison.Ordinal))
                {
                    return entry.Belongs;
                }
            }
        }
        return Otherwise;
    }

    /// <summary>What is in both.</summary>
    public NameSet Intersect(NameSet other) => Combine(other, static (a, b) => a && b);

    /// <summary>What is in either.</summary>
    public NameSet Union(NameSet other) => Combine(other, static (a, b) => a || b);

    /// <summary>What is not in the set.</summary>
    public NameSet Complement() => Combine(this, static (a, _) => !a);

    /// <summary>Whether the two share a name, or the absent one.</summary>
    public bool Overlaps(NameSet other) => !Intersect(other).IsEmpty;

    private NameSet Combine(NameSet other, Func<bool, bool, bool> rule)
    {
        var otherwise = rule(Otherwise, other.Otherwise);
        var names = Entries.Select(entry => entry.Name).Union(other.Entries.Select(entry => entry.Name)).Order(StringComparer.Ordinal);
        // Ordinal order puts an ancestor before what is below it, so that each entry finds its nearest one already there.
        var kept = new NameSet { Otherwise = otherwise, HasAbsent = rule(HasAbsent, other.HasAbsent) };
        foreach (var name in names)
        {
            var belongs = rule(Contains(name), other.Contains(name));
            if (belongs != kept.Contains(name))
            {
                kept = kept with { Entries = [.. kept.Entries.AsSpan(), new NameEntry(name, belongs)] };
            }
        }
        return kept;
    }
}

/// <summary>What a <see cref="NameSet"/> says of one name and all below it.</summary>
/// <param name="Name">The name, without leading or trailing slash.</param>
/// <param name="Belongs">Whether they are in the set.</param>
public readonly record struct NameEntry(string Name, bool Belongs);
