using Waymark.Flows;

namespace Waymark.PacketClassification;

/// <summary>
/// Finds the first of many ordered selectors that holds a packet, without asking each: a tuple space with merged tuples. Exact for every field of a selector. Immutable, so
/// that any number of readers share it.
/// </summary>
public sealed class PacketClassifier
{
    /// <summary>After so many changes what was built for another list is built anew.</summary>
    private const int MostChanges = 1_024;

    private readonly BuiltTables built;
    private readonly int[] places;
    private readonly TupleSpace? added;
    private readonly int[] addedPlaces;
    private readonly FlowSelector[] selectors;

    private PacketClassifier(FlowSelector[] selectors, BuiltTables built, int[] places, TupleSpace? added, int[] addedPlaces) =>
        (this.selectors, this.built, this.places, this.added, this.addedPlaces) = (selectors, built, places, added, addedPlaces);

    /// <summary>Of no selector.</summary>
    public static PacketClassifier Empty { get; } = Of([]);

    /// <summary>How many selectors it knows.</summary>
    public int Count => selectors.Length;

    /// <summary>How many tables a packet may have to be looked up in: what bounds the time, beside the longest bucket.</summary>
    public int Tables(IpFamily family) => built.Space.Tables(family) + (added?.Tables(family) ?? 0);

    /// <summary>Builds one.</summary>
    /// <param name="selectors">In order of precedence.</param>
    public static PacketClassifier Of(IEnumerable<FlowSelector> selectors)
    {
        FlowSelector[] all = [.. selectors];
        return new(all, new(TupleSpace.Of(all.Select((selector, i) => (selector, i))), all), [.. Enumerable.Range(0, all.Length)], null, []);
    }

    /// <summary>
    /// That of another list. What is in both, the same objects in the same order, is not built again: the time is that of comparing the lists, and of building what is new.
    /// </summary>
    /// <param name="selectors">In order of precedence.</param>
    public PacketClassifier With(IEnumerable<FlowSelector> selectors)
    {
        FlowSelector[] all = [.. selectors];
        var (kept, fresh) = (new int[built.Selectors.Length], new List<int>());
        Array.Fill(kept, -1);
        var next = 0;
        Dictionary<FlowSelector, int>? numbers = null;
        for (var place = 0; place < all.Length; place++)
        {
            // Most are where they were, so the next one is tried before it is looked for.
            var number = next < built.Selectors.Length && ReferenceEquals(built.Selectors[next], all[place]) ? next : (numbers ??= built.Numbers()).GetValueOrDefault(all[place], -1);
            if (number < next || number - next > MostChanges)
            {
                // New, or it stood elsewhere among the others.
                fresh.Add(place);
                if (fresh.Count > MostChanges)
                {
                    return Of(all);
                }
                continue;
            }
            kept[number] = place;
            next = number + 1;
        }
        var (after, gone) = (all.Length, 0);
        for (var number = kept.Length - 1; number >= 0; number--)
        {
            if (kept[number] < 0)
            {
                kept[number] = ~after;
                gone++;
            }
            else
            {
                after = kept[number];
            }
        }
        return gone > MostChanges
            ? Of(all)
            : new(all, built, kept, fresh.Count == 0 ? null : TupleSpace.Of(fresh.Select((place, i) => (all[place], i))), [.. fresh]);
    }

    /// <summary>The place of the first selector that holds the packet, from 0; -1: none does.</summary>
    public int Find(Packet packet)
    {
        var found = built.Space.Find(packet, places, Count);
        found = added?.Find(packet, addedPlaces, found) ?? found;
        return found == Count ? -1 : found;
    }

    /// <summary>What later ones share.</summary>
    /// <param name="Space">The tables.</param>
    /// <param name="Selectors">What they are of; the number of each is its place here.</param>
    private sealed record BuiltTables(TupleSpace Space, FlowSelector[] Selectors)
    {
        /// <summary>The number of each selector, by the object.</summary>
        public Dictionary<FlowSelector, int> Numbers()
        {
            var numbers = new Dictionary<FlowSelector, int>(Selectors.Length, ReferenceEqualityComparer.Instance);
            for (var i = 0; i < Selectors.Length; i++)
            {
                numbers.TryAdd(Selectors[i], i);
            }
            return numbers;
        }
    }
}
