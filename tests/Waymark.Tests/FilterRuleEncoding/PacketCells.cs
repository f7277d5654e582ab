using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Policies;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>
/// The whole space of protocols, addresses and ports, cut at every bound that a table or one of the flows speaks of. Within a cell no comparison can tell two packets
/// apart, so that one packet of each proves what holds for all: a proof over the space, not a sample. The product of the bounds grows with the fifth power of the
/// rules: for a handful of them. ICMP types, SPIs, DSCPs, flow labels, users and control groups are held constant: nothing is proven of flows that name them.
/// </summary>
internal sealed class PacketCells
{
    private readonly SortedSet<UInt128> v4 = [0], v6 = [0], ports = [0], protocols = [0];

    /// <summary>Cuts at the bounds of flows: around the protocols that have ports, and at their addresses and ports.</summary>
    public void Cut(IEnumerable<Flow> flows)
    {
        foreach (byte number in (ReadOnlySpan<byte>)[6, 17, 33, 132, 136])
        {
            Cut(protocols, number, number);
        }
        foreach (var flow in flows)
        {
            foreach (var end in new[] { flow.Local, flow.Peer }.OfType<FlowEnd>())
            {
                foreach (var prefix in end.Addresses)
                {
                    Cut(prefix.Family == IpFamily.V4 ? v4 : v6, prefix.First.Bits, prefix.Last.Bits);
                }
                Cut(end.Ports);
            }
            Cut(flow.Protocol is FlowProtocol.Transport transport ? transport.EitherPort : []);
        }
    }

    /// <summary>Cuts at the bounds of every element and comparison of chains.</summary>
    public void Cut(NftablesTable table, IEnumerable<NftablesChain> chains)
    {
        foreach (var rule in chains.SelectMany(chain => chain.Rules))
        {
            var isPacket = false;
            foreach (var expression in rule.Expressions)
            {
                isPacket = expression is Payload or Meta { Key: NftablesMetaKey.Protocol } || (isPacket && expression is not (Meta or Conntrack));
                switch (expression)
                {
                    case Bitwise when isPacket:
                        throw new NotSupportedException("A masked field is no interval: the cells would prove nothing.");
                    case Compare compare when isPacket:
                        Cut(compare.Value.AsSpan(), compare.Value.AsSpan());
                        break;
                    case InRange range when isPacket:
                        Cut(range.Low.AsSpan(), range.High.AsSpan());
                        break;
                    case { AskedSet: { } name } when isPacket:
                        Cut(table.Sets.Single(set => set.Name == name));
                        break;
                }
            }
        }
    }

    /// <summary>One packet of each cell.</summary>
    public IEnumerable<Packet> Packets() =>
        from started in new[] { StartedBy.Here, StartedBy.Peer, StartedBy.Forwarded }
        from family in new[] { IpFamily.V4, IpFamily.V6 }
        let addresses = family == IpFamily.V4 ? v4 : v6
        from protocol in protocols.Where(number => number <= byte.MaxValue)
        let ends = protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136 ? ports.Where(port => port <= ushort.MaxValue).Select(port => (ushort?)port).ToArray() : [null]
        from local in addresses.Where(bits => bits <= IpAddress.Highest(family))
        from peer in addresses.Where(bits => bits <= IpAddress.Highest(family))
        from localPort in ends
        from peerPort in ends
        select new Packet
        {
            Protocol = (byte)protocol,
            Local = new(family, local),
            Peer = new(family, peer),
            LocalPort = localPort,
            PeerPort = peerPort,
            FlowLabel = family == IpFamily.V6 ? 0 : null,
            FromInterface = started == StartedBy.Forwarded ? "lan0" : null,
            Started = started,
        };

    private static void Cut(SortedSet<UInt128> bounds, UInt128 low, UInt128 high)
    {
        bounds.Add(low);
        if (high != UInt128.MaxValue)
        {
            bounds.Add(high + 1);
        }
    }

    private void Cut(EquatableArray<IntegerRange> ranges)
    {
        foreach (var range in ranges)
        {
            Cut(ports, range.Low, range.High);
        }
    }

    private void Cut(NftablesSet set)
    {
        foreach (var element in set.Elements)
        {
            var at = 0;
            foreach (var part in set.Key)
            {
                // A mark is the search's own.
                if (part != NftablesType.Mark)
                {
                    var low = element.Key.AsSpan().Slice(at, part.Length);
                    Cut(low, element.KeyEnd.IsEmpty ? low : element.KeyEnd.AsSpan().Slice(at, part.Length));
                }
                at += part.Padded;
            }
        }
    }

    private void Cut(ReadOnlySpan<byte> low, ReadOnlySpan<byte> high) =>
        Cut(low.Length switch { 1 => protocols, 2 => ports, 4 => v4, _ => v6 }, Number(low), Number(high));

    private static UInt128 Number(ReadOnlySpan<byte> bytes)
    {
        UInt128 number = 0;
        foreach (var one in bytes)
        {
            number = (number << 8) | one;
        }
        return number;
    }
}
