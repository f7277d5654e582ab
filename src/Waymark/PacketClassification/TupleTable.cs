using Waymark.Flows;

namespace Waymark.PacketClassification;

/// <summary>The boxes of one tuple in buckets; immutable.</summary>
internal sealed class TupleTable
{
    private readonly ulong[] keys;
    private readonly (int First, int Count)[] buckets;
    private readonly (FlowBox Box, int Owner)[] entries;

    private TupleTable(Tuple tuple, int first, ulong[] keys, (int First, int Count)[] buckets, (FlowBox Box, int Owner)[] entries) =>
        (Tuple, First, this.keys, this.buckets, this.entries) = (tuple, first, keys, buckets, entries);

    /// <summary>What its boxes have in common.</summary>
    public Tuple Tuple { get; }

    /// <summary>The lowest number of an owner: nothing before it is found here.</summary>
    public int First { get; }

    /// <summary>The boxes that may hold a packet, in order of their owners.</summary>
    public ReadOnlySpan<(FlowBox Box, int Owner)> Bucket(Packet packet)
    {
        var key = Tuple.KeyOf(packet);
        for (var at = Start(key, keys.Length); buckets[at].Count > 0; at = (at + 1) & (keys.Length - 1))
        {
            if (keys[at] == key)
            {
                return entries.AsSpan(buckets[at].First, buckets[at].Count);
            }
        }
        return [];
    }

    private static int Start(ulong key, int size) => (int)(key & (uint)(size - 1));

    /// <summary>A table while it is made.</summary>
    internal sealed class Draft(Tuple tuple)
    {
        private readonly Dictionary<ulong, List<(FlowBox Box, int Owner)>> buckets = [];
        private int first = int.MaxValue;
        private int count;

        /// <summary>Adds a box, unless its bucket has as many as <paramref name="most"/>.</summary>
        /// <param name="box">One that the tuple holds.</param>
        /// <param name="owner">Its owner; never a lower one than before.</param>
        /// <param name="most">How many may have to be asked one after the other.</param>
        public bool TryAdd(FlowBox box, int owner, int most)
        {
            var key = tuple.KeyOf(box);
            if (!buckets.TryGetValue(key, out var bucket))
            {
                buckets[key] = bucket = [];
            }
            if (bucket.Count >= most)
            {
                return false;
            }
            bucket.Add((box, owner));
            first = Math.Min(first, owner);
            count++;
            return true;
        }

        /// <summary>The table.</summary>
        public TupleTable Finish()
        {
            var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, buckets.Count * 2));
            var (keys, places, entries) = (new ulong[size], new (int First, int Count)[size], new (FlowBox Box, int Owner)[count]);
            var next = 0;
            foreach (var (key, bucket) in buckets)
            {
                var at = Start(key, size);
                while (places[at].Count > 0)
                {
                    at = (at + 1) & (size - 1);
                }
                (keys[at], places[at]) = (key, (next, bucket.Count));
                bucket.CopyTo(entries, next);
                next += bucket.Count;
            }
            return new(tuple, first, keys, places, entries);
        }
    }
}
