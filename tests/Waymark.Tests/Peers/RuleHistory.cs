using System.Globalization;
using Waymark.Peers;

namespace Waymark.Tests.Peers;

/// <summary>
/// An asker and its peer over a connection that is cut, an asker and a peer that die and come back, in whatever order, with what was under way lost: the two state machines as the daemon drives them, on a clock that the test turns.
/// What the peer holds is kept on its disk before it counts.
/// </summary>
internal sealed class RuleHistory
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private readonly Queue<Action> toPeer = [], toAsker = [];
    private RuleSending? asker = new();
    private RuleKeeping? peer = new(Lease);
    private (RuleBytes[] Rules, TimeSpan Until) disk = ([], default);
    private HashSet<int> wanted = [];
    private TimeSpan keepAliveAt, heardAt;
    private bool isConnected;

    public TimeSpan Now { get; private set; }

    /// <summary>What would be in the kernel: what is held by a peer that is alive.</summary>
    public IReadOnlyCollection<RuleDigest>? InForce => peer?.Held.Select(rule => rule.Digest).ToList();

    public IReadOnlyCollection<RuleDigest> Wanted => [.. wanted.Select(Rule).Select(rule => rule.Digest).Order()];

    /// <summary>How many rules have travelled.</summary>
    public int Travelled { get; private set; }

    /// <summary>Since when the peer has not heard a word.</summary>
    public TimeSpan Silence => Now - heardAt;

    public void Step(int kind, int value)
    {
        switch (kind)
        {
            case 0:
                wanted = [.. Enumerable.Range(0, 6).Where(bit => (value >> bit & 1) != 0)];
                break;
            case 1:
                Connect();
                break;
            case 2:
                Cut();
                break;
            case 3:
                Cut();
                asker = null;
                break;
            case 4:
                asker ??= new();
                break;
            case 5:
                Cut();
                peer = null;
                break;
            case 6:
                Restart();
                break;
            default:
                Now += TimeSpan.FromSeconds(value % 40);
                break;
        }
        // Some of what is under way arrives.
        for (var i = 0; i < value % 4; i++)
        {
            Deliver();
        }
        Tick();
    }

    /// <summary>Both live, are connected, and all arrives.</summary>
    public void Settle()
    {
        asker ??= new();
        Restart();
        Connect();
        for (var i = 0; i < 100; i++)
        {
            Tick();
            Deliver();
        }
    }

    private static RuleBytes Rule(int number) => new(System.Text.Encoding.ASCII.GetBytes("rule " + number.ToString(CultureInfo.InvariantCulture)));

    private void Restart()
    {
        if (peer is null)
        {
            peer = new(Lease);
            peer.Restore(disk.Rules, disk.Until, Now);
            peer.Expire(Now);
        }
    }

    private void Connect()
    {
        if (isConnected || asker is null || peer is null)
        {
            return;
        }
        isConnected = true;
        keepAliveAt = Now;
        SendInventory();
    }

    private void Cut()
    {
        isConnected = false;
        toPeer.Clear();
        toAsker.Clear();
        asker?.Lose();
    }

    private void SendInventory()
    {
        var held = peer!.Held.Select(rule => rule.Digest).ToList();
        toAsker.Enqueue(() => asker!.Learn(held));
    }

    private void Deliver()
    {
        if (toPeer.TryDequeue(out var there))
        {
            there();
        }
        if (toAsker.TryDequeue(out var here))
        {
            here();
        }
    }

    private void Tick()
    {
        if (peer?.Expire(Now) == true)
        {
            disk = ([], default);
        }
        asker?.Want(wanted.Select(Rule));
        if (!isConnected || asker is null)
        {
            return;
        }
        if (asker.Take() is { } update)
        {
            Travelled += update.Put.Count;
            toPeer.Enqueue(() =>
            {
                Assert.NotNull(peer!.Take(update, Now));
                Heard();
            });
        }
        if (asker.IsKnown && Now >= keepAliveAt)
        {
            keepAliveAt = Now + (Lease / 3);
            var all = asker.Digest;
            toPeer.Enqueue(() =>
            {
                peer!.Renew(Now);
                Heard();
                if (all != peer.Digest)
                {
                    SendInventory();
                }
            });
        }
    }

    private void Heard()
    {
        heardAt = Now;
        disk = ([.. peer!.Held], peer.Until ?? Now);
    }
}
