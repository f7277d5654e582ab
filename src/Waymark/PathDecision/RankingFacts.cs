using System.Collections.Immutable;

namespace Waymark.PathDecision;

/// <summary>The facts that classes were decided by, each once, for many classes share them. Immutable; those that no class rests on any more stay until all is decided anew.</summary>
internal sealed class RankingFacts
{
    /// <summary>None.</summary>
    public static RankingFacts None { get; } = new([], ImmutableDictionary<RankingFact, int>.Empty, 0);

    private readonly RankingFact[] all;
    private readonly ImmutableDictionary<RankingFact, int> indexes;
    private readonly int atFirst;

    private RankingFacts(RankingFact[] all, ImmutableDictionary<RankingFact, int> indexes, int atFirst) =>
        (this.all, this.indexes, this.atFirst) = (all, indexes, atFirst == 0 ? all.Length : atFirst);

    /// <summary>By the index that classes know them by.</summary>
    public ReadOnlySpan<RankingFact> All => all;

    /// <summary>Whether most of them are likely to be nobody's any more.</summary>
    public bool IsWorn => all.Length > (2 * atFirst) + 1024;

    /// <summary>The same with some more to come.</summary>
    public Growing Grow() => new(this);

    /// <summary>Facts under way.</summary>
    internal sealed class Growing(RankingFacts start)
    {
        private readonly ImmutableDictionary<RankingFact, int>.Builder indexes = start.indexes.ToBuilder();
        private readonly List<RankingFact> added = [];
        private readonly List<int> since = [];

        /// <summary>A fact that the class under decision rests on.</summary>
        public void Add(RankingFact fact)
        {
            if (!indexes.TryGetValue(fact, out var index))
            {
                indexes.Add(fact, index = start.all.Length + added.Count);
                added.Add(fact);
            }
            if (!since.Contains(index))
            {
                since.Add(index);
            }
        }

        /// <summary>The facts that were added since this was last called.</summary>
        public int[] Take()
        {
            int[] taken = [.. since];
            since.Clear();
            return taken;
        }

        /// <summary>All of them.</summary>
        public RankingFacts ToFacts() => added.Count == 0 ? start : new([.. start.all, .. added], indexes.ToImmutable(), start.atFirst);
    }
}
