using System.Runtime.InteropServices;
using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>
/// The search of one group as four tables, each asked once: the first address gives a state, state and second address another, that one and ports and protocol the
/// answer. Where a table knows nothing of a packet the state stays, and bears the answer for that case.
/// </summary>
/// <param name="isByPeer">Whether the first address is the peer's.</param>
internal sealed class GroupSearch(bool isByPeer)
{
    /// <summary>Whether the first address is the peer's, else this end's.</summary>
    public bool IsByPeer => isByPeer;

    /// <summary>Ranges of the first address, ascending and disjoint, and the states that they lead to.</summary>
    public List<(NumberRange First, uint To)> First { get; } = [];

    /// <summary>A state, a range of the second address, the state that they lead to.</summary>
    public List<(uint From, NumberRange Second, uint To)> Second { get; } = [];

    /// <summary>A state, what the packet's ports and protocol are, the answer. For packets that have ports.</summary>
    public List<(uint From, TransportCell Cell, uint To)> Ported { get; } = [];

    /// <summary>A state, the packet's protocol, the answer. For packets that have no ports.</summary>
    public List<(uint From, NumberRange Protocol, uint To)> Portless { get; } = [];

    /// <summary>Elements in all tables.</summary>
    public int Elements => First.Count + Second.Count + Ported.Count + Portless.Count;

    /// <summary>The search of a group; null where its tables had more than <paramref name="most"/> elements, or its states more numbers than there are.</summary>
    public static GroupSearch? Of(RankedGroup group, IpFamily family, SearchNumbers numbers, int most)
    {
        var search = new GroupSearch(group.IsByPeer);
        return new Building(search, group, IpAddress.Highest(family), numbers, most).Build() ? search : null;
    }

    /// <summary>What is found while the tables are made: equal states are one.</summary>
    private sealed class Building(GroupSearch search, RankedGroup group, UInt128 highest, SearchNumbers numbers, int most)
    {
        private readonly Dictionary<SearchedRule, uint> answers = group.Rules.Zip(group.Ranks)
            .ToDictionary(pair => pair.First, pair => numbers.Answer(pair.First.Class, pair.Second), (IEqualityComparer<SearchedRule>)ReferenceEqualityComparer.Instance);

        private readonly Dictionary<TransportMatch, uint> matches = [];
        private readonly Dictionary<Sequence, uint> byRules = [], byLists = [], bySecond = [];
        private readonly Dictionary<uint, List<(TransportMatch Transport, uint Answer)>> lists = [];

        public bool Build()
        {
            foreach (var (range, rules) in FieldSweep.Of(group.Rules, rule => search.IsByPeer ? rule.Peer : rule.Local, highest))
            {
                if (rules.Count > 0 && OfRules(rules) is var state && state != SearchNumbers.None)
                {
                    Append(search.First, range, state);
                }
                if (search.Elements > most || numbers.IsExhausted)
                {
                    return false;
                }
            }
            return true;
        }

        private static void Append(List<(NumberRange First, uint To)> table, NumberRange range, uint to)
        {
            if (table.Count > 0 && table[^1].To == to && table[^1].First.High + 1 == range.Low)
            {
                table[^1] = (new(table[^1].First.Low, range.High), to);
            }
            else
            {
                table.Add((range, to));
            }
        }

        /// <summary>The state in which these rules' first address has matched.</summary>
        private uint OfRules(IReadOnlyList<SearchedRule> rules)
        {
            var key = new Sequence([.. rules.Select(rule => (uint)rule.Place)]);
            if (!byRules.TryGetValue(key, out var state))
            {
                byRules.Add(key, state = OfSecond(rules));
            }
            return state;
        }

        private uint OfSecond(IReadOnlyList<SearchedRule> rules)
        {
            var ranges = new List<(NumberRange First, uint To)>();
            foreach (var (range, left) in FieldSweep.Of(rules, rule => search.IsByPeer ? rule.Local : rule.Peer, highest))
            {
                Append(ranges, range, OfList(left));
            }
            // Most ranges lead there: said once, as what holds otherwise.
            var otherwise = ranges.CountBy(range => range.To).MaxBy(pair => pair.Value).Key;
            var cuts = ranges.Where(range => range.To != otherwise).ToList();
            if (cuts.Count == 0)
            {
                return otherwise;
            }
            var key = new Sequence([otherwise, .. cuts.SelectMany(cut => Words(cut.First).Append(cut.To))]);
            if (!bySecond.TryGetValue(key, out var state))
            {
                bySecond.Add(key, state = numbers.State(otherwise));
                search.Second.AddRange(cuts.Select(cut => (state, cut.First, cut.To)));
                if (lists.TryGetValue(otherwise, out var list))
                {
                    AddCells(state, list);
                }
            }
            return state;
        }

        /// <summary>The state in which these rules' addresses have matched, or the answer where nothing else is asked.</summary>
        private uint OfList(IReadOnlyList<SearchedRule> rules)
        {
            var left = new List<(TransportMatch Transport, uint Answer)>(rules.Count);
            foreach (var rule in rules)
            {
                if (!left.Exists(earlier => earlier.Transport.Covers(rule.Transport)))
                {
                    left.Add((rule.Transport, answers[rule]));
                }
                if (rule.Transport.IsAnything)
                {
                    break;
                }
            }
            var otherwise = SearchNumbers.None;
            if (left.Count > 0 && left[^1].Transport.IsAnything)
            {
                otherwise = left[^1].Answer;
                // What answers the same right above it adds nothing.
                var from = left.Count - 1;
                while (from > 0 && left[from - 1].Answer == otherwise)
                {
                    from--;
                }
                left.RemoveRange(from, left.Count - from);
            }
            if (left.Count == 0)
            {
                return otherwise;
            }
            var key = new Sequence([otherwise, .. left.SelectMany(one => new[] { NumberOf(one.Transport), one.Answer })]);
            if (!byLists.TryGetValue(key, out var state))
            {
                byLists.Add(key, state = numbers.State(otherwise));
                lists.Add(state, left);
                AddCells(state, left);
            }
            return state;
        }

        private void AddCells(uint state, List<(TransportMatch Transport, uint Answer)> list)
        {
            if (search.Elements <= most)
            {
                search.Ported.AddRange(TransportCells.WithPorts(list).Select(one => (state, one.Cell, one.Answer)));
                search.Portless.AddRange(TransportCells.WithoutPorts(list).Select(one => (state, one.Cell.Protocol, one.Answer)));
            }
        }

        private uint NumberOf(TransportMatch match)
        {
            if (!matches.TryGetValue(match, out var number))
            {
                matches.Add(match, number = (uint)matches.Count);
            }
            return number;
        }

        private static IEnumerable<uint> Words(NumberRange range) =>
            new[] { range.Low, range.High }.SelectMany(value => MemoryMarshal.Cast<UInt128, uint>(new[] { value }).ToArray());
    }

    /// <summary>A sequence of numbers, equal by what is in it.</summary>
    private readonly struct Sequence(uint[] numbers) : IEquatable<Sequence>
    {
        private readonly uint[] numbers = numbers;
        private readonly int hash = HashOf(numbers);

        public bool Equals(Sequence other) => hash == other.hash && numbers.AsSpan().SequenceEqual(other.numbers);

        public override bool Equals(object? obj) => obj is Sequence other && Equals(other);

        public override int GetHashCode() => hash;

        private static int HashOf(uint[] numbers)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(numbers.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
