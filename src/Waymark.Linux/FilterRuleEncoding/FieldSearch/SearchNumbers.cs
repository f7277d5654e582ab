namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>
/// The numbers that a search goes through: one for each list of rules that can still match (a state), one for each answer. The lowest byte is the rank of what is
/// answered if nothing more specific is found, the next the second rank, the upper half tells the numbers apart. So the answers of two groups are compared by a byte.
/// </summary>
internal sealed class SearchNumbers
{
    /// <summary>Nothing found.</summary>
    public const uint None = (SearchGroups.None << 8) | SearchGroups.None;

    private const int Most = 65_535;

    private readonly Dictionary<(int Class, (int First, int Second) Ranks), uint> answers = [];
    private readonly Dictionary<uint, int> classes = [];
    private uint last;

    /// <summary>The class of every number that answers, whether for good or for want of something more specific.</summary>
    public IReadOnlyDictionary<uint, int> Classes => classes;

    /// <summary>Whether there were more than can be told apart; the numbers are useless then.</summary>
    public bool IsExhausted => last > Most;

    /// <summary>The number of an answer. Rules of a class that rank alike share it.</summary>
    public uint Answer(int @class, (int First, int Second) ranks)
    {
        if (!answers.TryGetValue((@class, ranks), out var number))
        {
            answers.Add((@class, ranks), number = Next((uint)((ranks.Second << 8) | ranks.First)));
            classes[number] = @class;
        }
        return number;
    }

    /// <summary>The number of a new state that answers like <paramref name="otherwise"/> if nothing more specific is found.</summary>
    /// <param name="otherwise">An answer, a state, or <see cref="None"/>.</param>
    public uint State(uint otherwise)
    {
        var number = Next(otherwise & 0xffff);
        if (classes.TryGetValue(otherwise, out var @class))
        {
            classes[number] = @class;
        }
        return number;
    }

    private uint Next(uint ranks) => ((Math.Min(++last, Most + 1) & 0xffff) << 16) | ranks;
}
