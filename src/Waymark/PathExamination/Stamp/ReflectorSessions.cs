namespace Waymark.PathExamination.Stamp;

/// <summary>
/// The sessions of a reflector that counts its replies (RFC 8762 section 4.3), and how much each may ask. Bounded whatever comes: where it is full, the session that was silent for longest makes
/// room, and only its count starts anew. Not safe for several threads at once.
/// </summary>
public sealed class ReflectorSessions
{
    /// <summary>A session that is silent for so long has ended (RFC 5357 section 3.1, REFWAIT).</summary>
    public static TimeSpan Wait { get; } = TimeSpan.FromMinutes(15);

    /// <summary>A probe each 10 ms of a few paths behind one address, and a train of packets at once.</summary>
    private const int SessionRate = 500, SessionBurst = 200;

    /// <summary>A tenth of what one core can answer: the reflector is a guest on the node.</summary>
    private const int TotalRate = 5000, TotalBurst = 2000;

    private readonly int most;
    private readonly Dictionary<ReflectorSessionId, LinkedListNode<Session>> byId = [];
    private readonly LinkedList<Session> byAge = new();
    private readonly ReflectorAllowance total = new(TotalRate, TotalBurst);

    /// <param name="most">How many sessions it remembers, from 1.</param>
    public ReflectorSessions(int most = 4096) => this.most = most;

    /// <summary>How many sessions there are.</summary>
    public int Count => byId.Count;

    /// <summary>The number of the next reply of a session, from 0; null where it or all together asked too much.</summary>
    /// <param name="id">The session.</param>
    /// <param name="now">By a monotonic clock.</param>
    public uint? Next(ReflectorSessionId id, TimeSpan now)
    {
        if (!total.TryTake(now))
        {
            return null;
        }
        while (byAge.First is { } oldest && now - oldest.Value.Asked > Wait)
        {
            Remove(oldest);
        }
        if (byId.TryGetValue(id, out var node))
        {
            byAge.Remove(node);
        }
        else
        {
            if (byId.Count == most)
            {
                Remove(byAge.First!);
            }
            byId.Add(id, node = new(new(id)));
        }
        byAge.AddLast(node);
        var session = node.Value;
        session.Asked = now;
        return session.Allowance.TryTake(now) ? unchecked(session.Replies++) : null;
    }

    private void Remove(LinkedListNode<Session> node)
    {
        byAge.Remove(node);
        byId.Remove(node.Value.Id);
    }

    private sealed class Session(ReflectorSessionId id)
    {
        public ReflectorSessionId Id { get; } = id;

        public ReflectorAllowance Allowance { get; } = new(SessionRate, SessionBurst);

        public TimeSpan Asked { get; set; }

        public uint Replies { get; set; }
    }
}
