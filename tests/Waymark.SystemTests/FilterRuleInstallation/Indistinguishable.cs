using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Published headers have addresses that no packet may have: 0.0.0.0 and 255.255.255.255 where a rule takes any, multicast ones as sources. Two changes help that no answer
/// depends on: the same bits are turned over in all addresses of an end, of rules and headers alike, which keeps every prefix one; and between two neighbouring bounds of the
/// rules all addresses are the same to them.
/// </summary>
internal sealed class Indistinguishable
{
    /// <summary>How many addresses are tried between two bounds.</summary>
    private const int Shares = 16;

    private readonly uint local, peer;
    private readonly UInt128[] locals, peers;

    /// <summary>Chooses, for each end, the bits of the first octet that leave the fewest headers without an address.</summary>
    public Indistinguishable(ClassBenchSet set)
    {
        local = Best(set.Headers.Select(one => one.Packet.Local));
        peer = Best(set.Headers.Select(one => one.Packet.Peer));
        Rules = [.. set.Rules.Select(rule => rule with { Selector = new(rule.Selector.Boxes.Select(box => box with { Local = Turned(box.Local, local), Peer = Turned(box.Peer, peer) }).ToEquatableArray()) })];
        locals = Bounds(Rules.Select(rule => rule.Selector.Boxes[0].Local));
        peers = Bounds(Rules.Select(rule => rule.Selector.Boxes[0].Peer));
    }

    /// <summary>The rules, of the turned addresses.</summary>
    public IReadOnlyList<FilterRule> Rules { get; }

    /// <summary>Packets that can be sent, and that the rules cannot tell from the header.</summary>
    public IEnumerable<Packet> Alternatives(Packet header)
    {
        UInt128 here = (uint)header.Local.Bits ^ local, there = (uint)header.Peer.Bits ^ peer;
        for (var share = -1; share <= Shares; share++)
        {
            if (At(locals, here, share) is var one && At(peers, there, share) is var other && one != other && IsUsable(one) && IsUsable(other))
            {
                yield return header with { Local = new(IpFamily.V4, one), Peer = new(IpFamily.V4, other) };
            }
        }
    }

    /// <summary>The address itself where it can be and none other is asked for, else one from the room between its neighbouring bounds.</summary>
    private static UInt128 At(UInt128[] bounds, UInt128 address, int share)
    {
        if (share < 0)
        {
            return address;
        }
        var at = Array.BinarySearch(bounds, address);
        at = at < 0 ? ~at - 1 : at;
        UInt128 low = bounds[at], high = at + 1 < bounds.Length ? bounds[at + 1] - 1 : uint.MaxValue;
        return low + ((high - low) * (UInt128)share / Shares);
    }

    private static uint Best(IEnumerable<IpAddress> addresses)
    {
        var all = addresses.Select(address => (uint)address.Bits).Where(address => address is not (0 or uint.MaxValue)).ToList();
        return Enumerable.Range(0, 256).Select(octet => (uint)octet << 24).MaxBy(bits => all.Count(address => IsUsable(address ^ bits)));
    }

    private static RangeSet? Turned(RangeSet? set, uint bits)
    {
        if (set is null)
        {
            return null;
        }
        // A prefix: from it with the bits turned that it fixes, as many as before.
        var (low, high) = ((uint)set.Ranges[0].Low, (uint)set.Ranges[0].High);
        var first = (low ^ bits) & ~(high - low);
        return RangeSet.Of(new NumberRange(first, first + (high - low)));
    }

    /// <summary>Not this network (0/8), loopback, link-local, multicast and the limited broadcast, nor the networks of the test's own links.</summary>
    private static bool IsUsable(UInt128 bits) => (uint)bits is var address and not uint.MaxValue
        && (address >> 24) is not (0 or 127 or (>= 224 and < 240)) && address >> 16 is not (0xa9fe or 0x0a4e) && address >> 8 != 0xc0a832;

    /// <summary>Where each part that is the same to all rules begins.</summary>
    private static UInt128[] Bounds(IEnumerable<RangeSet?> sets) =>
        [.. sets.OfType<RangeSet>().SelectMany(set => set.Ranges).SelectMany(range => new[] { range.Low, range.High + 1 }).Append((UInt128)0).Where(bound => bound <= uint.MaxValue).Distinct().Order()];
}
