using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Executes the chains of a table on a packet as the kernel's machine does, as far as our rules go: to explain where a flow goes by what is in the kernel, not by
/// what was meant, and to test the encoding without a kernel.
/// </summary>
/// <param name="table">The table, as encoded or as read back.</param>
/// <param name="cgroups">Ids of control groups by path.</param>
internal sealed class ChainEvaluation(NftablesTable table, IReadOnlyDictionary<string, ulong> cgroups)
{
    private readonly Dictionary<string, NftablesChain> chains = table.Chains.ToDictionary(chain => chain.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, NftablesSet> sets = table.Sets.ToDictionary(set => set.Name, StringComparer.Ordinal);

    private readonly Dictionary<string, SetIndex> indexes = new(StringComparer.Ordinal);

    /// <summary>The connection mark of a packet's new connection after a chain, and the chain that it ended in.</summary>
    public (uint Mark, string Last) Run(string chain, Packet packet, uint mark = 0)
    {
        var machine = new Machine(this, packet, mark);
        machine.Run(chain);
        return (machine.Mark, machine.Last);
    }

    private NftablesElement? Find(string name, ReadOnlySpan<byte> value)
    {
        if (!indexes.TryGetValue(name, out var index))
        {
            indexes[name] = index = new(sets[name]);
        }
        return index.Find(value);
    }

    private sealed class Machine(ChainEvaluation tables, Packet packet, uint mark)
    {
        private readonly byte[] registers = new byte[64];
        private uint packetMark;
        private readonly byte[] network = PacketHeaders.Network(packet), transport = PacketHeaders.Transport(packet);

        public uint Mark { get; private set; } = mark;

        public string Last { get; private set; } = "";

        /// <summary>Runs a chain; true where a verdict ended the packet's way for good.</summary>
        public bool Run(string name)
        {
            Last = name;
            foreach (var rule in tables.chains[name].Rules)
            {
                switch (Run(rule))
                {
                    case null:
                        break;
                    case { Kind: NftablesVerdictKind.Return }:
                        Last = name;
                        return false;
                    case { Kind: NftablesVerdictKind.Goto, Chain: { } chain }:
                        return Run(chain);
                    case { Kind: NftablesVerdictKind.Jump, Chain: { } chain }:
                        if (Run(chain))
                        {
                            return true;
                        }
                        break;
                    default:
                        return true;
                }
            }
            return false;
        }

        private NftablesVerdict? Run(NftablesRule rule)
        {
            foreach (var expression in rule.Expressions)
            {
                switch (expression)
                {
                    case Give give:
                        return give.Verdict;
                    case VerdictOf map:
                        return tables.Find(map.Set, Key(map.Set, map.Register))?.Verdict;
                    case var other when !Passes(other):
                        return null;
                }
            }
            return null;
        }

        private bool Passes(NftablesExpression expression)
        {
            switch (expression)
            {
                case Meta { Key: NftablesMetaKey.Family } meta:
                    return Load(meta.Register, [(byte)(packet.Family == IpFamily.V4 ? 2 : 10)]);
                case Meta { Key: NftablesMetaKey.Protocol } meta:
                    return Load(meta.Register, [packet.Protocol]);
                case Meta { Key: NftablesMetaKey.User } meta:
                    return packet.User is { } user && Load(meta.Register, OddMatches.Host(user).AsSpan());
                case Meta { Key: NftablesMetaKey.Group } meta:
                    return packet.Group is { } group && Load(meta.Register, OddMatches.Host(group).AsSpan());
                case Meta { Key: NftablesMetaKey.InputName } meta:
                    return packet.FromInterface is { } device && Load(meta.Register, OddMatches.Name(device));
                case SocketCgroup socket:
                    return CgroupAt(socket.Level) is { } id && Load(socket.Register, BitConverter.GetBytes(id));
                case Payload load:
                    var header = load.From == NftablesHeader.Network ? network : transport;
                    return load.Offset + load.Length <= header.Length && Load(load.Register, header.AsSpan(load.Offset, load.Length));
                case Conntrack { Key: NftablesConntrackKey.Direction } connection:
                    return Load(connection.Register, [(byte)(packet.Started == StartedBy.Peer ? 1 : 0)]);
                case Conntrack { Key: NftablesConntrackKey.State } connection:
                    return Load(connection.Register, OddMatches.Host(8).AsSpan());
                case Conntrack { Key: NftablesConntrackKey.Status } connection:
                    // The first packet of its connection.
                    return Load(connection.Register, OddMatches.Host(0).AsSpan());
                case Conntrack connection:
                    return Load(connection.Register, OddMatches.Host(Mark).AsSpan());
                case SetConntrack connection:
                    Mark = BinaryPrimitives.ReadUInt32LittleEndian(registers.AsSpan(connection.Register * 4));
                    return true;
                case Meta { Key: NftablesMetaKey.Mark } meta:
                    return Load(meta.Register, OddMatches.Host(packetMark).AsSpan());
                case SetMeta meta:
                    packetMark = BinaryPrimitives.ReadUInt32LittleEndian(registers.AsSpan(meta.Register * 4));
                    return true;
                case Constant constant:
                    return Load(constant.Register, constant.Value.AsSpan());
                case ValueOf map:
                    return tables.Find(map.Set, Key(map.Set, map.Register)) is { } found && Load(map.Destination, found.Value.AsSpan());
                case Hash hash:
                    return Load(hash.Destination, OddMatches.Host(JenkinsHash.Slot(registers.AsSpan(hash.Source * 4, hash.Length), hash.Seed, hash.Modulus)).AsSpan());
                case Compare compare:
                    return registers.AsSpan(compare.Register * 4, compare.Value.Count).SequenceEqual(compare.Value.AsSpan()) == (compare.Comparison == NftablesComparison.Equal);
                case InRange range:
                    var value = registers.AsSpan(range.Register * 4, range.Low.Count);
                    return (value.SequenceCompareTo(range.Low.AsSpan()) >= 0 && value.SequenceCompareTo(range.High.AsSpan()) <= 0) != range.Outside;
                case Bitwise bitwise:
                    for (var i = 0; i < bitwise.Mask.Count; i++)
                    {
                        var at = (bitwise.Register * 4) + i;
                        registers[at] = (byte)((registers[at] & bitwise.Mask[i]) ^ bitwise.Xor[i]);
                    }
                    return true;
                case ToBigEndian order:
                    registers.AsSpan(order.Register * 4, 4).Reverse();
                    return true;
                case InSet member:
                    return tables.Find(member.Set, Key(member.Set, member.Register)) is null == member.Absent;
                default:
                    return false;
            }
        }

        private ulong? CgroupAt(int level) =>
            packet.Cgroup?.Split('/') is { } parts && parts.Length >= level && tables.Cgroup(string.Join('/', parts.Take(level))) is { } id ? id : null;

        private ReadOnlySpan<byte> Key(string set, int register)
        {
            var key = tables.sets[set].Key;
            var length = key.Count == 1 ? key[0].Length : key.Sum(field => field.Padded);
            return registers.AsSpan(register * 4, length);
        }

        /// <summary>A load clears the rest of its last word.</summary>
        private bool Load(int register, ReadOnlySpan<byte> value)
        {
            registers.AsSpan(register * 4, (value.Length + 3) / 4 * 4).Clear();
            value.CopyTo(registers.AsSpan(register * 4));
            return true;
        }
    }

    private ulong? Cgroup(string path) => cgroups.TryGetValue(path, out var id) ? id : null;
}
