using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>What elements of a set or map lead to, and the box of the packets whose key is theirs.</summary>
/// <param name="Box">The packets.</param>
/// <param name="Element">The element; of several with the same answer the first.</param>
/// <param name="Slots">How many values of a hash the answer has; 0: none is asked.</param>
/// <param name="IsUnsure">Whether something of the packet that no selector speaks of decides too.</param>
internal sealed record SetAnswer(FlowBox Box, NftablesElement Element, int Slots, bool IsUnsure);

/// <summary>
/// A set or map asked with certain terms as its key. Elements with the same answer that differ in one field alone are one: so a map of ten thousand ports is as many boxes as it has answers.
/// </summary>
internal sealed class BoundSet
{
    private BoundSet(IReadOnlyList<SetAnswer> answers, bool isConstant, string? notUnderstood) => (Answers, IsConstant, NotUnderstood) = (answers, isConstant, notUnderstood);

    /// <summary>The answers, in order of key.</summary>
    public IReadOnlyList<SetAnswer> Answers { get; }

    /// <summary>Finds those of them that a box may have packets of.</summary>
    public AnswerIndex Index => field ??= AnswerIndex.Of(Answers);

    /// <summary>Whether the key is the same for all packets: then there is one answer or none.</summary>
    public bool IsConstant { get; }

    /// <summary>Why the set cannot be asked so; null: it can.</summary>
    public string? NotUnderstood { get; }

    /// <summary>Asks <paramref name="set"/> with <paramref name="key"/>, a term for each part, for packets of a family; each element by itself unless <paramref name="areMerged"/>.</summary>
    public static BoundSet Of(NftablesSet set, IReadOnlyList<Term> key, IpFamily family, bool areMerged)
    {
        var answers = new List<SetAnswer>();
        var isConstant = key.All(term => term is Term.Constant);
        foreach (var element in set.Elements)
        {
            var (box, slots, isUnsure, at) = ((FlowBox?)new() { Family = family }, 0, false, 0);
            for (var part = 0; part < key.Count && box is not null; part++)
            {
                var length = set.Key.Count == 1 ? set.Key[0].Length : set.Key[part].Padded;
                var low = element.Key.AsSpan();
                var high = element.KeyEnd.IsEmpty ? low : element.KeyEnd.AsSpan();
                if (low.Length < at + length || high.Length < at + length)
                {
                    return new([], isConstant, $"the set '{set.Name}' has an element that is shorter than its key");
                }
                low = low.Slice(at, length);
                high = high.Slice(at, length);
                at += length;
                switch (key[part])
                {
                    case Term.Constant(var bytes, _, _):
                        box = IsBetween(bytes.AsSpan(), low, high) ? box : null;
                        break;
                    case Term.Seen(var slice) when slice.Length <= length && (!slice.IsHostOrder || low.SequenceEqual(high)):
                        // What pads a part the kernel's interval maps do not look at; a hash's is zero in every packet.
                        var values = !set.IsInterval && low[slice.Length..].ContainsAnyExcept((byte)0) ? RangeSet.Empty
                            : slice.Values(slice.Number(low[..slice.Length]), slice.Number(high[..slice.Length]));
                        box = values.IsEmpty ? null : box.Intersect(slice.Box(family, values));
                        break;
                    case Term.Slot(var modulus, _):
                        // A hash lies in the host's order: exact keys only.
                        if (!low.SequenceEqual(high))
                        {
                            return new([], isConstant, $"the set '{set.Name}' has ranges of a hash");
                        }
                        slots = BitConverter.ToUInt32(low) < modulus ? 1 : 0;
                        box = slots == 0 ? null : box;
                        break;
                    case Term.Unseen:
                        isUnsure |= low.ContainsAnyExcept((byte)0) || high.ContainsAnyExcept((byte)0xff);
                        break;
                    default:
                        return new([], isConstant, $"the set '{set.Name}' is asked with what has no order in a packet");
                }
            }
            if (box is not null)
            {
                answers.Add(new(box, element, slots, isUnsure));
            }
        }
        // Of the fields, protocols are few and nearly always listed; ranges of addresses that lie apart would only be slower to compare.
        var seen = key.OfType<Term.Seen>().Select(term => term.Slice).ToList();
        foreach (var slice in areMerged ? seen.Where(slice => seen.Count == 1 || slice.Field == SeenField.Protocol) : [])
        {
            answers = Merged(answers, slice);
        }
        return new(key.OfType<Term.Slot>().Any() ? Together(answers) : answers, isConstant, null);
    }

    /// <summary>The boxes of one answer that differ in that field alone are one box, of which the field has the values of all.</summary>
    private static List<SetAnswer> Merged(List<SetAnswer> answers, FieldSlice slice)
    {
        var groups = answers.GroupBy(one => (slice.In(one.Box) is null ? null : slice.Without(one.Box), one.Element.Verdict, one.Element.Value, one.IsUnsure, one.Slots));
        return [.. groups.SelectMany(group => group.Key.Item1 is not { } others || group.Count() == 1
            ? group
            : (IEnumerable<SetAnswer>)[group.First() with { Box = others.Intersect(slice.Box(others.Family, RangeSet.Of([.. group.SelectMany(one => slice.In(one.Box)!.Ranges)])))! }])];
    }

    private static List<SetAnswer> Together(List<SetAnswer> answers) =>
        [.. answers.GroupBy(one => (one.Box, one.Element.Verdict, one.Element.Value)).Select(group => group.First() with { Slots = group.Sum(one => one.Slots) })];

    private static bool IsBetween(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> low, ReadOnlySpan<byte> high)
    {
        Span<byte> padded = stackalloc byte[low.Length];
        padded.Clear();
        bytes[..Math.Min(bytes.Length, padded.Length)].CopyTo(padded);
        return padded.SequenceCompareTo(low) >= 0 && padded.SequenceCompareTo(high) <= 0;
    }
}
