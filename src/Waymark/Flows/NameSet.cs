using System.Runtime.InteropServices;

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
        return Find(Entries.AsSpan(), name) ?? Otherwise;
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
        ReadOnlySpan<NameEntry> left = Entries.AsSpan(), right = other.Entries.AsSpan();
        // Ordinal order puts an ancestor before what is below it, so that each entry finds its nearest one already there.
        var kept = new List<NameEntry>(left.Length + right.Length);
        int l = 0, r = 0;
        while (l < left.Length || r < right.Length)
        {
            var order = l == left.Length ? 1 : r == right.Length ? -1 : string.CompareOrdinal(left[l].Name, right[r].Name);
            var name = order <= 0 ? left[l].Name : right[r].Name;
            l += order <= 0 ? 1 : 0;
            r += order >= 0 ? 1 : 0;
            var belongs = rule(Contains(name), other.Contains(name));
            if (belongs != (Find(CollectionsMarshal.AsSpan(kept), name) ?? otherwise))
            {
                kept.Add(new(name, belongs));
            }
        }
        return new() { Otherwise = otherwise, HasAbsent = rule(HasAbsent, other.HasAbsent), Entries = kept.ToEquatableArray() };
    }

    /// <summary>What the longest entry that is the name or an ancestor of it says; null: there is none.</summary>
    private static bool? Find(ReadOnlySpan<NameEntry> entries, string name)
    {
        for (var length = name.Length; length > 0 && !entries.IsEmpty; length = name.LastIndexOf('/', length - 1))
        {
            int low = 0, high = entries.Length - 1;
            while (low <= high)
            {
                var middle = (low + high) / 2;
                var order = entries[middle].Name.AsSpan().SequenceCompareTo(name.AsSpan(0, length));
                if (order == 0)
                {
                    return entries[middle].Belongs;
                }
                (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
            }
        }
        return null;
    }
}

/// <summary>What a <see cref="NameSet"/> says of one name and all below it.</summary>
/// <param name="Name">The name, without leading or trailing slash.</param>
/// <param name="Belongs">Whether they are in the set.</param>
public readonly record struct NameEntry(string Name, bool Belongs);
