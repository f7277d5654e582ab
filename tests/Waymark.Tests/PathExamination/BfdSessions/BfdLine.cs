using Waymark.PathExamination.BfdSessions;

namespace Waymark.Tests.PathExamination.BfdSessions;

/// <summary>Two sessions on a line that delays and loses packets, with a clock of its own.</summary>
/// <param name="parameters">What both ends ask for.</param>
/// <param name="delay">How long a packet is under way.</param>
/// <param name="random">Of spread and loss.</param>
internal sealed class BfdLine(BfdParameters parameters, TimeSpan delay, Random random)
{
    private readonly PriorityQueue<(int To, BfdPacket Packet), TimeSpan> underWay = new();
    private readonly int[] sent = new int[2];

    /// <summary>The ends.</summary>
    public BfdSession[] Ends { get; } = [new(parameters, 1), new(parameters, 2)];

    public TimeSpan Now { get; private set; }

    /// <summary>Whether the so-manieth packet of an end is lost.</summary>
    public Func<int, int, bool> IsLost { get; set; } = (_, _) => false;

    public bool IsUp => Ends.All(end => end.State == BfdState.Up);

    /// <summary>Lets time pass until something holds; false where it does not by <paramref name="end"/>.</summary>
    public bool RunUntil(TimeSpan end, Func<bool> holds)
    {
        while (!holds())
        {
            var next = Ends.Select(one => one.Due ?? end).Append(underWay.TryPeek(out _, out var comes) ? comes : end).Min();
            if (next >= end)
            {
                Now = end;
                return holds();
            }
            Now = next > Now ? next : Now;
            while (underWay.TryPeek(out var one, out var at) && at <= Now)
            {
                underWay.Dequeue();
                Ends[one.To].Receive(one.Packet, at);
                Say(one.To);
            }
            Say(0);
            Say(1);
        }
        return true;
    }

    private void Say(int from)
    {
        while (Ends[from].Take(Now, random.NextDouble()) is { } packet)
        {
            if (!IsLost(from, sent[from]++))
            {
                underWay.Enqueue((1 - from, packet), Now + delay);
            }
        }
    }
}
