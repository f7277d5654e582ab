using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Regions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.Verification;

/// <summary>
/// Executes one rule on a box of packets: what a comparison can tell apart becomes a smaller box. What the packets that fall out on the way have in common is not asked: they are those that no outcome has.
/// </summary>
/// <param name="table">The table that it stands in.</param>
/// <param name="situation">What is the same for all packets.</param>
/// <param name="rule">The rule.</param>
/// <param name="reads">Told what it asks of beside the packet.</param>
/// <param name="complain">Told what is not understood, and of which packets.</param>
internal sealed class RuleEvaluation(ReadTable table, Situation situation, NftablesRule rule, Reads reads, Action<string, RegionBox> complain)
{
    private const uint New = 8, Established = 2, Invalid = 1, Confirmed = 8;

    private readonly List<RuleOutcome> outcomes = [];
    private readonly PacketSpace space = table.Space;
    private readonly SetQuestions sets = table.Sets;
    private MachineState begun;

    /// <summary>What becomes of the packets of a box that reach the rule's end, or a verdict.</summary>
    public IReadOnlyList<RuleOutcome> Run(RegionBox box, MachineState state)
    {
        begun = state;
        Run(0, box, state, new(), isUnsure: false, by: null);
        return outcomes;
    }

    private void Run(int at, RegionBox box, MachineState state, Registers registers, bool isUnsure, Lookup? by)
    {
        for (; at < rule.Expressions.Count; at++)
        {
            if (rule.Expressions[at] is VerdictOf or ValueOf or InSet or Compare or InRange)
            {
                CheckUnwritten(box, state);
            }
            switch (rule.Expressions[at])
            {
                case Give give:
                    End(new(box, state, give.Verdict, null, by), isUnsure);
                    return;
                case Reject:
                    End(new(box, state, null, Ending.Refused, by), isUnsure);
                    return;
                case VerdictOf map:
                    var slot = registers[map.Register] as Term.Slot;
                    Ask(map.Set, map.Register, box, registers, isUnsure, (part, answer, unsure) =>
                    {
                        var next = answer.Slots == 0 ? state : state with { Slots = answer.Slots, Modulus = slot!.Modulus, Hashed = slot.Of };
                        End(new(part, next, answer.Element.Verdict, null, new(map.Set, answer.Element)), unsure);
                    });
                    return;
                case ValueOf map:
                    var rest = at + 1;
                    Ask(map.Set, map.Register, box, registers, isUnsure, (part, answer, unsure) =>
                    {
                        var copy = registers.Copy();
                        copy[map.Destination] = new Term.Constant(answer.Element.Value);
                        Run(rest, part, state, copy, unsure, new(map.Set, answer.Element));
                    });
                    return;
                case InSet member:
                    if (Member(member, box, registers, ref isUnsure) is not { } inside)
                    {
                        return;
                    }
                    box = inside;
                    break;
                case SourceNat or DestinationNat:
                    var register = rule.Expressions[at] is SourceNat source ? source.Register : ((DestinationNat)rule.Expressions[at]).Register;
                    if (registers[register] is Term.Constant { Bytes: { Count: 4 or 16 } address })
                    {
                        Read(registers[register]);
                        End(new(box, state with { Translation = IpAddress.FromNetworkOrder(address.AsSpan()) }, new(NftablesVerdictKind.Accept), null, by), isUnsure);
                        return;
                    }
                    complain("translates to an address that differs between packets", box);
                    return;
                case SetMeta or SetConntrack:
                    if (!Store(rule.Expressions[at], registers, ref state))
                    {
                        complain("writes what is not the same for all packets, or no mark", box);
                        return;
                    }
                    break;
                case Compare or InRange:
                    if (Narrow(rule.Expressions[at], box, registers, ref state, ref isUnsure) is not { } narrower)
                    {
                        return;
                    }
                    box = narrower;
                    break;
                case Count:
                    break;
                case var load:
                    if (Load(load, box, state, registers) is not { } loaded)
                    {
                        CheckUnwritten(box, state);
                        return;
                    }
                    box = loaded;
                    break;
            }
        }
        End(new(box, state, null, null, by), isUnsure);
    }

    /// <summary>Packets that fall out of a rule behind a mark that it wrote go on with that, and not as they came: no rule of ours is made so, and it is not followed.</summary>
    private void CheckUnwritten(RegionBox box, MachineState state)
    {
        if (state.IsWrittenSince(begun))
        {
            complain("asks after it has written a mark", box);
        }
    }

    /// <summary>The situation, asked for that.</summary>
    private Situation Has(SituationFacts facts)
    {
        reads.Add(facts);
        return situation;
    }

    /// <summary>What is asked of a mark: of the bits that came with it and that no rule before this one has written. What this one has written since it loaded them is no excuse.</summary>
    private void Read(Term? term)
    {
        if (term is Term.Constant { From: { } mark } held)
        {
            reads.Add(mark, ~held.Touched, begun);
        }
    }

    private void End(RuleOutcome outcome, bool isUnsure)
    {
        if (isUnsure && (outcome.Verdict is not null || outcome.Ending is not null))
        {
            complain("looks at bytes of these packets that no selector speaks of", outcome.Box);
        }
        outcomes.Add(outcome);
    }

    private void Ask(string name, int word, RegionBox box, Registers registers, bool isUnsure, Action<RegionBox, SetAnswer, bool> found)
    {
        if (Bound(name, word, box, registers) is not { } set)
        {
            return;
        }
        foreach (var (part, answer) in sets.Within(set, box))
        {
            found(part, answer, isUnsure || answer.IsUnsure);
        }
    }

    private BoundSet? Bound(string name, int word, RegionBox box, Registers registers)
    {
        if (sets.Find(name) is not { } set)
        {
            complain($"asks the set '{name}', which is not there", box);
            return null;
        }
        for (var (part, at) = (0, word); part < set.Key.Count; at += set.Key[part].Padded / 4, part++)
        {
            Read(Settle(registers, at, box));
        }
        if (registers.Key(set, word) is not { } key)
        {
            complain($"asks the set '{name}' with what was not loaded", box);
            return null;
        }
        var bound = sets.Bound(set, key, box.Box.Family);
        if (bound.NotUnderstood is { } why)
        {
            complain(why, box);
            return null;
        }
        return bound;
    }

    /// <summary>What a register holds, as a field where it is one: from here on no mask changes what it is.</summary>
    private static Term? Settle(Registers registers, int word, RegionBox box)
    {
        if (registers[word] is Term.Header header)
        {
            // Whole bytes: of what has others beside it in them only a mask makes a field.
            registers[word] = HeaderFields.Of(header, UInt128.MaxValue, box.Box) is { Left: 0 } slice && slice.Width - slice.Right == header.Length * 8 ? new Term.Seen(slice)
                : new Term.Unseen(header.Length);
        }
        return registers[word];
    }

    private RegionBox? Member(InSet member, RegionBox box, Registers registers, ref bool isUnsure)
    {
        if (Bound(member.Set, member.Register, box, registers) is not { } set)
        {
            return null;
        }
        if (set.IsConstant)
        {
            return set.Answers.Count > 0 != member.Absent ? box : null;
        }
        if (set.Answers.Count > 1 || set.Answers.Any(one => one.IsUnsure))
        {
            complain($"asks whether several fields are in the set '{member.Set}'", box);
            return null;
        }
        var inside = set.Answers.Count == 0 ? null : space.Intersect(box, set.Answers[0].Box);
        if (!member.Absent)
        {
            return inside;
        }
        return inside is null ? box : box.Box.Subtract(inside.Box).ToList() is { Count: <= 1 } pieces ? pieces.Select(space.Of).FirstOrDefault() : Complain();

        RegionBox? Complain()
        {
            complain($"asks whether several fields are not in the set '{member.Set}'", box);
            return null;
        }
    }

    private bool Store(NftablesExpression store, Registers registers, ref MachineState state)
    {
        var (register, isPacket) = store switch
        {
            SetMeta { Key: NftablesMetaKey.Mark } meta => (meta.Register, true),
            SetConntrack { Key: NftablesConntrackKey.Mark } connection => (connection.Register, false),
            _ => (-1, false),
        };
        if (registers[register] is not Term.Constant { Bytes.Count: 4 } held)
        {
            return false;
        }
        var value = BinaryPrimitives.ReadUInt32LittleEndian(held.Bytes.AsSpan());
        var isOwn = held.From == (isPacket ? MarkOrigin.Packet : MarkOrigin.Connection);
        var touched = isOwn ? held.Touched : uint.MaxValue;
        if (!isOwn || state.IsWrittenSince(begun))
        {
            // Bits of one mark in the other, or perhaps of before the rule wrote.
            Read(held);
        }
        if (isPacket)
        {
            state = state with { Mark = value, Touched = state.Touched | touched };
        }
        else if (Has(SituationFacts.HasConnection).HasConnection)
        {
            state = state with { ConnectionMark = value, ConnectionTouched = state.ConnectionTouched | touched };
        }
        return true;
    }

    /// <summary>The packets that a comparison lets go on; null: none.</summary>
    private RegionBox? Narrow(NftablesExpression comparison, RegionBox box, Registers registers, ref MachineState state, ref bool isUnsure)
    {
        var (register, low, high, isOutside) = comparison switch
        {
            Compare one => (one.Register, one.Value, one.Value, one.Comparison == NftablesComparison.NotEqual),
            InRange one => (one.Register, one.Low, one.High, one.Outside),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        switch (Settle(registers, register, box))
        {
            case Term.Constant held when held.Bytes.Count >= low.Count:
                Read(held);
                var bytes = held.Bytes.AsSpan()[..low.Count];
                if ((bytes.SequenceCompareTo(low.AsSpan()) >= 0 && bytes.SequenceCompareTo(high.AsSpan()) <= 0) == isOutside)
                {
                    return null;
                }
                // The whole mark: from here on it is known how each bit came that was not written yet, other programs' too.
                if (held is { Touched: 0, From: { } from } && low.Count == 4 && low == high && !isOutside)
                {
                    state = from == MarkOrigin.Packet ? state with { Known = state.Known | ~state.Touched } : state with { ConnectionKnown = state.ConnectionKnown | ~state.ConnectionTouched };
                }
                return box;
            case Term.Seen(var slice) when slice.Length == low.Count && (!slice.IsHostOrder || low == high):
                var values = slice.Values(slice.Number(low.AsSpan()), slice.Number(high.AsSpan()));
                values = isOutside ? slice.Present.Intersect(values.Complement(slice.Present.Ranges[0].High)) : values;
                return values.IsEmpty ? null : space.Intersect(box, slice.Box(box.Box.Family, values));
            case Term.Cgroup(var level) when low == high && low.Count == 8 && !isOutside:
                var id = BitConverter.ToUInt64(low.AsSpan());
                // The id of a group at another level is no ancestor's at this one. A group that nobody spoke of has no name here.
                var name = table.Cgroups.TryGetValue(id, out var path) ? path : $"#{id}";
                return path is not null && path.Count(one => one == '/') + 1 != level ? null : space.Intersect(box, new() { Family = box.Box.Family, Cgroup = NameSet.Of(name) });
            case Term.Unseen:
                isUnsure = true;
                return box;
            default:
                complain("compares what was not loaded so", box);
                return null;
        }
    }

    /// <summary>Loads or changes a register; the packets that have what is loaded, or null: none has.</summary>
    private RegionBox? Load(NftablesExpression load, RegionBox box, MachineState state, Registers registers)
    {
        var family = box.Box.Family;
        switch (load)
        {
            case Meta { Key: NftablesMetaKey.Family } meta:
                return Set(meta.Register, [(byte)(family == IpFamily.V4 ? 2 : 10)]);
            case Constant constant:
                return Set(constant.Register, constant.Value);
            case Meta { Key: NftablesMetaKey.Protocol } meta:
                return Hold(meta.Register, new Term.Seen(new(SeenField.Protocol, 8, 1)), box);
            case Meta { Key: NftablesMetaKey.Mark } meta:
                return Hold(meta.Register, new Term.Constant(OddMatches.Host(state.Mark), MarkOrigin.Packet), box);
            case Meta { Key: NftablesMetaKey.User or NftablesMetaKey.Group } meta:
                var owner = new FieldSlice(meta.Key == NftablesMetaKey.User ? SeenField.User : SeenField.Group, 32, 4, IsHostOrder: true);
                return Hold(meta.Register, new Term.Seen(owner), space.Intersect(box, owner.Box(family, owner.Present)));
            case Meta { Key: NftablesMetaKey.InputName } meta:
                return Has(SituationFacts.InputDevice).InputDevice is { } input ? Set(meta.Register, [.. OddMatches.Name(input)]) : null;
            case Meta { Key: NftablesMetaKey.OutputName } meta:
                return Has(SituationFacts.OutputDevice).OutputDevice is { } output ? Set(meta.Register, [.. OddMatches.Name(output)]) : null;
            case SocketCgroup socket:
                return Has(SituationFacts.InputDevice).IsLocal ? Hold(socket.Register, new Term.Cgroup(socket.Level), box) : null;
            case SocketIsWildcard socket:
                // Where no socket would take the packet, the rule ends.
                return Has(SituationFacts.IsForWildcard).IsForWildcard ? Set(socket.Register, [1]) : null;
            case Payload payload:
                return Hold(payload.Register, new Term.Header(payload.From, payload.Offset, payload.Length), box);
            case Conntrack { Key: NftablesConntrackKey.State } connection:
                return Set(connection.Register, OddMatches.Host(!Has(SituationFacts.HasConnection).HasConnection ? Invalid : Has(SituationFacts.IsConfirmed).IsConfirmed ? Established : New));
            case Conntrack or ConntrackDestination when !Has(SituationFacts.HasConnection).HasConnection:
                return null;
            case Conntrack { Key: NftablesConntrackKey.Direction } connection:
                return Set(connection.Register, [Has(SituationFacts.IsReply).IsReply ? (byte)1 : (byte)0]);
            case Conntrack { Key: NftablesConntrackKey.Status } connection:
                return Set(connection.Register, OddMatches.Host(Has(SituationFacts.IsConfirmed).IsConfirmed ? Confirmed : 0));
            case Conntrack { Key: NftablesConntrackKey.Mark } connection:
                return Hold(connection.Register, new Term.Constant(OddMatches.Host(state.ConnectionMark), MarkOrigin.Connection), box);
            case ConntrackDestination destination when destination.IsV6 != (family == IpFamily.V6):
                return null;
            case ConntrackDestination destination when !Has(SituationFacts.IsConfirmed).IsConfirmed:
                // Nothing is translated yet: what is answered goes to the packet's source.
                var length = IpAddress.Width(family);
                return Hold(destination.Register, new Term.Seen(new(destination.IsReply ? SeenField.Local : SeenField.Peer, length, length / 8)), box);
            case ConntrackDestination destination:
                // The end that began is the destination of the other direction.
                var known = Has(SituationFacts.KnownAs | SituationFacts.IsReply).KnownAs is { } own && own.Family == family && destination.IsReply != situation.IsReply ? own : new IpAddress(family, 0);
                return Set(destination.Register, [.. known.ToNetworkOrder()]);
            case DestinationType type:
                return Set(type.Register, OddMatches.Host(Has(SituationFacts.DestinationType).DestinationType));
            case Hash hash:
                return Hold(hash.Destination, new Term.Slot(hash.Modulus, registers.Loaded(hash.Source, hash.Length)), box);
            case Bitwise bitwise when Masked(registers[bitwise.Register], bitwise, box) is { } masked:
                if (registers[bitwise.Register] is Term.Constant { From: { } mark } held)
                {
                    // What a bit that is turned over becomes depends on it.
                    reads.Add(mark, BinaryPrimitives.ReadUInt32LittleEndian(bitwise.Mask.AsSpan()) & BinaryPrimitives.ReadUInt32LittleEndian(bitwise.Xor.AsSpan()) & ~held.Touched, begun);
                }
                return Hold(bitwise.Register, masked, box);
            case ToBigEndian order when registers[order.Register] is Term.Seen({ IsHostOrder: true } slice):
                return Hold(order.Register, new Term.Seen(slice with { IsHostOrder = false }), box);
            default:
                complain($"has an instruction that is not understood here: {(load is Foreign foreign ? foreign.Name : load.ToString())}", box);
                return null;
        }

        RegionBox? Set(int register, EquatableArray<byte> bytes) => Hold(register, new Term.Constant(bytes), box);

        RegionBox? Hold(int register, Term term, RegionBox? those)
        {
            registers[register] = term;
            return those;
        }
    }

    private static Term? Masked(Term? term, Bitwise bitwise, RegionBox box)
    {
        if (bitwise.Mask.Count != bitwise.Xor.Count)
        {
            return null;
        }
        switch (term)
        {
            case Term.Constant held when held.Bytes.Count == bitwise.Mask.Count:
                var bytes = held.Bytes.AsSpan().ToArray();
                var touched = 0u;
                for (var i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)((bytes[i] & bitwise.Mask[i]) ^ bitwise.Xor[i]);
                    touched |= i < 4 ? (uint)((bitwise.Mask[i] ^ 0xff) | bitwise.Xor[i]) << (8 * i) : 0;
                }
                return held with { Bytes = [.. bytes], Touched = held.Touched | touched };
            case Term.Header header when header.Length == bitwise.Mask.Count && bitwise.Xor.All(one => one == 0):
                return HeaderFields.Of(header, Number(bitwise.Mask), box.Box) is { } slice ? new Term.Seen(slice) : new Term.Unseen(header.Length);
            case Term.Seen(var seen) when seen.Length == bitwise.Mask.Count && !seen.IsHostOrder && bitwise.Xor.All(one => one == 0):
                return seen.Masked(Number(bitwise.Mask)) is { } narrower ? new Term.Seen(narrower) : null;
            case Term.Unseen unseen:
                return unseen;
            default:
                return null;
        }
    }

    private static UInt128 Number(EquatableArray<byte> bytes)
    {
        UInt128 number = 0;
        foreach (var one in bytes)
        {
            number = (number << 8) | one;
        }
        return number;
    }
}
