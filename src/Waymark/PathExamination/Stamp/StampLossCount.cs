namespace Waymark.PathExamination.Stamp;

/// <summary>
/// Tells by the sequence numbers of a session on which way packets were lost: a reflector that counts its replies (RFC 8762 section 4.3, stateful) leaves a gap between its numbers and ours
/// for each packet that did not reach it, and a gap in its own for each reply that did not reach us. One that copies our numbers is only told from it by the first gap. Constant memory.
/// </summary>
public sealed class StampLossCount
{
    /// <summary>Over how many replies, newest last.</summary>
    private const int Most = 100;

    private readonly Queue<(uint Ours, uint Theirs)> replies = new();
    private bool isStateful;

    /// <summary>Takes in a reply that is no duplicate, in the order of arrival.</summary>
    /// <param name="ours">The sequence number of our packet.</param>
    /// <param name="theirs">That of the reply.</param>
    public void Add(uint ours, uint theirs)
    {
        if (replies.Count > 0 && IsAnotherCount(ours, theirs))
        {
            replies.Clear();
            isStateful = false;
        }
        if (replies.Count == Most)
        {
            replies.Dequeue();
        }
        replies.Enqueue((ours, theirs));
        isStateful |= ours != theirs;
    }

    /// <summary>What is known; null while the ways cannot be told apart.</summary>
    public DirectionalLoss? Loss
    {
        get
        {
            if (!isStateful || replies.Count < 2)
            {
                return null;
            }
            // Packets overtake each other: the ends of the range count, not the first and the last.
            var sent = replies.Max(one => one.Ours) - replies.Min(one => one.Ours) + 1L;
            var reached = Math.Min(sent, replies.Max(one => one.Theirs) - replies.Min(one => one.Theirs) + 1L);
            return new(1 - (reached / (double)sent), 1 - (Math.Min(reached, replies.Count) / (double)reached), (int)Math.Min(sent, int.MaxValue));
        }
    }

    /// <summary>Numbers that jump: ours began anew behind 2^32, or the reflector was started anew, or makes them up.</summary>
    private bool IsAnotherCount(uint ours, uint theirs) =>
        Math.Abs((long)ours - replies.Max(one => one.Ours)) > 1L << 31
        || Math.Abs((long)theirs - replies.Max(one => one.Theirs)) > Math.Abs((long)ours - replies.Min(one => one.Ours)) + Most;
}
