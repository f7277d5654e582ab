using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>One packet before a hook, with all that rules can see of it.</summary>
internal sealed record SeenPacket(byte[] Network, byte[] Transport, IpFamily Family, byte Protocol, int Hook)
{
    public uint Mark { get; init; }

    /// <summary>The mark of its connection; null: it has none.</summary>
    public uint? ConnectionMark { get; init; }

    public bool IsConfirmed { get; init; }

    public bool IsReply { get; init; }

    public string? InputDevice { get; init; }

    public string? OutputDevice { get; init; }

    public uint DestinationType { get; init; } = 1;

    public bool IsForWildcard { get; init; }

    /// <summary>The destinations of its connection, of the first direction and of the answers.</summary>
    public (IpAddress First, IpAddress Reply) Destinations { get; init; }
}

/// <summary>What becomes of it.</summary>
internal readonly record struct PacketFate(bool IsRefused, uint Mark, uint ConnectionMark, IpAddress? Translation);

/// <summary>
/// Executes a table on one packet, byte by byte, as the kernel does. Shares nothing with the verification, which knows boxes and no packets. Hashes are the same for whatever seed, since the shares are;
/// whether a packet is answered by a reset or an error is not looked at.
/// </summary>
internal sealed class PacketMachine(NftablesTable table)
{
    private readonly Dictionary<string, NftablesChain> chains = table.Chains.ToDictionary(chain => chain.Name);
    private readonly Dictionary<string, NftablesSet> sets = table.Sets.ToDictionary(set => set.Name);

    public PacketFate Run(SeenPacket packet)
    {
        var way = new Way(this, packet);
        foreach (var chain in table.Chains.Where(chain => chain.Hook?.Number == packet.Hook).OrderBy(chain => chain.Hook!.Priority))
        {
            if (way.Run(chain) is { Kind: NftablesVerdictKind.Drop })
            {
                return new(true, 0, 0, null);
            }
        }
        return new(false, way.Mark, way.ConnectionMark, way.Translation);
    }

    private NftablesElement? Find(string name, ReadOnlySpan<byte> key)
    {
        foreach (var element in sets[name].Elements)
        {
            var (at, holds) = (0, true);
            foreach (var part in sets[name].Key)
            {
                var value = key.Slice(at, part.Length);
                var low = element.Key.AsSpan().Slice(at, part.Length);
                var high = element.KeyEnd.IsEmpty ? low : element.KeyEnd.AsSpan().Slice(at, part.Length);
                holds &= value.SequenceCompareTo(low) >= 0 && value.SequenceCompareTo(high) <= 0;
                at += part.Padded;
            }
            if (holds)
            {
                return element;
            }
        }
        return null;
    }

    private sealed class Way(PacketMachine machine, SeenPacket packet)
    {
        private byte[] registers = new byte[128];

        public uint Mark { get; private set; } = packet.Mark;

        public uint ConnectionMark { get; private set; } = packet.ConnectionMark ?? 0;

        public IpAddress? Translation { get; private set; }

        /// <summary>The verdict that ended it for this base chain, or for good; null: it came back.</summary>
        public NftablesVerdict? Run(NftablesChain chain)
        {
            foreach (var rule in chain.Rules)
            {
                var verdict = Run(rule);
                switch (verdict?.Kind)
                {
                    case null:
                        break;
                    case NftablesVerdictKind.Jump:
                        if (Run(machine.chains[verdict.Value.Chain!]) is { } ended)
                        {
                            return ended;
                        }
                        break;
                    case NftablesVerdictKind.Goto:
                        return Run(machine.chains[verdict.Value.Chain!]);
                    case NftablesVerdictKind.Return:
                        return null;
                    default:
                        return verdict;
                }
            }
            return null;
        }

        private NftablesVerdict? Run(NftablesRule rule)
        {
            registers = new byte[128];
            foreach (var one in rule.Expressions)
            {
                switch (one)
                {
                    case Give give:
                        return give.Verdict;
                    case Reject:
                        return NftablesVerdict.Drop;
                    case VerdictOf map:
                        if (machine.Find(map.Set, registers.AsSpan(map.Register * 4)) is { } found)
                        {
                            return found.Verdict;
                        }
                        break;
                    case SourceNat or DestinationNat:
                        var isV6 = one is SourceNat { IsV6: true } or DestinationNat { IsV6: true };
                        Translation = IpAddress.FromNetworkOrder(registers.AsSpan((one is SourceNat nat ? nat.Register : ((DestinationNat)one).Register) * 4, isV6 ? 16 : 4));
                        return new(NftablesVerdictKind.Accept);
                    default:
                        if (!GoesOn(one))
                        {
                            return null;
                        }
                        break;
                }
            }
            return null;
        }

        private bool GoesOn(NftablesExpression instruction)
        {
            switch (instruction)
            {
                case Meta meta:
                    return meta.Key switch
                    {
                        NftablesMetaKey.Mark => Load(meta.Register, Word(Mark)),
                        NftablesMetaKey.Family => Load(meta.Register, [(byte)(packet.Family == IpFamily.V4 ? 2 : 10)]),
                        NftablesMetaKey.Protocol => Load(meta.Register, [packet.Protocol]),
                        NftablesMetaKey.InputName => packet.InputDevice is { } device && Load(meta.Register, Name(device)),
                        NftablesMetaKey.OutputName => packet.OutputDevice is { } device && Load(meta.Register, Name(device)),
                        _ => Load(meta.Register, Word(0)),
                    };
                case SetMeta meta:
                    Mark = Number(meta.Register);
                    return true;
                case Conntrack { Key: NftablesConntrackKey.State } connection:
                    return Load(connection.Register, Word(packet.ConnectionMark is null ? 1u : packet.IsConfirmed ? 2u : 8u));
                case Conntrack or ConntrackDestination when packet.ConnectionMark is null:
                    return false;
                case Conntrack connection:
                    return connection.Key switch
                    {
                        NftablesConntrackKey.Mark => Load(connection.Register, Word(ConnectionMark)),
                        NftablesConntrackKey.Direction => Load(connection.Register, [packet.IsReply ? (byte)1 : (byte)0]),
                        NftablesConntrackKey.Status => Load(connection.Register, Word(packet.IsConfirmed ? 8u : 0)),
                        _ => Load(connection.Register, Word(0)),
                    };
                case ConntrackDestination end:
                    var address = end.IsReply ? packet.Destinations.Reply : packet.Destinations.First;
                    return end.IsV6 == (address.Family == IpFamily.V6) && Load(end.Register, address.ToNetworkOrder());
                case SetConntrack connection:
                    ConnectionMark = packet.ConnectionMark is null ? 0 : Number(connection.Register);
                    return true;
                case Payload payload:
                    var header = payload.From == NftablesHeader.Network ? packet.Network : packet.Transport;
                    return payload.Offset + payload.Length <= header.Length && Load(payload.Register, header.AsSpan(payload.Offset, payload.Length));
                case Compare compare:
                    return registers.AsSpan(compare.Register * 4, compare.Value.Count).SequenceEqual(compare.Value.AsSpan()) == (compare.Comparison == NftablesComparison.Equal);
                case InRange range:
                    var value = registers.AsSpan(range.Register * 4, range.Low.Count);
                    return (value.SequenceCompareTo(range.Low.AsSpan()) >= 0 && value.SequenceCompareTo(range.High.AsSpan()) <= 0) != range.Outside;
                case Bitwise bitwise:
                    for (var i = 0; i < bitwise.Mask.Count; i++)
                    {
                        ref var one = ref registers[(bitwise.Register * 4) + i];
                        one = (byte)((one & bitwise.Mask[i]) ^ bitwise.Xor[i]);
                    }
                    return true;
                case Constant constant:
                    return Load(constant.Register, constant.Value.AsSpan());
                case InSet member:
                    return machine.Find(member.Set, registers.AsSpan(member.Register * 4)) is null == member.Absent;
                case ValueOf map:
                    return machine.Find(map.Set, registers.AsSpan(map.Register * 4)) is { } found && Load(map.Destination, found.Value.AsSpan());
                case DestinationType type:
                    return Load(type.Register, Word(packet.DestinationType));
                case SocketIsWildcard socket:
                    return packet.IsForWildcard && Load(socket.Register, [1]);
                case Hash hash:
                    var sum = 17u;
                    foreach (var one in registers.AsSpan(hash.Source * 4, hash.Length))
                    {
                        sum = unchecked((sum * 31) + one);
                    }
                    return Load(hash.Destination, Word(sum % hash.Modulus));
                case Count:
                    return true;
                default:
                    throw new NotSupportedException($"{instruction}");
            }
        }

        private bool Load(int register, ReadOnlySpan<byte> value)
        {
            registers.AsSpan(register * 4, (value.Length + 3) / 4 * 4).Clear();
            value.CopyTo(registers.AsSpan(register * 4));
            return true;
        }

        private uint Number(int register) => BinaryPrimitives.ReadUInt32LittleEndian(registers.AsSpan(register * 4));

        private static byte[] Word(uint value) => BitConverter.GetBytes(value);

        private static byte[] Name(string device) => [.. System.Text.Encoding.ASCII.GetBytes(device), .. new byte[16 - device.Length]];
    }
}
