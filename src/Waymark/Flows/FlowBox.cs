namespace Waymark.Flows;

/// <summary>
/// A conjunction of one constraint a field: the set of packets whose every field lies in the set given for it. Null means any value, also none.
/// A numeric field that a packet does not have counts as the number one above the field's highest (its <c>Absent</c> value), so that complements are exact:
/// "not port 80" holds for a packet without ports. Records built by <see cref="FlowSelector"/> are canonical: a full set is null.
/// </summary>
public sealed record FlowBox
{
    /// <summary>Stands for the absent port in <see cref="LocalPort"/> and <see cref="PeerPort"/>.</summary>
    public const int AbsentPort = 65536;

    /// <summary>Stands for the absent ICMP type or code.</summary>
    public const int AbsentIcmp = 256;

    /// <summary>Stands for the absent SPI, user or group.</summary>
    public const long AbsentWord = 1L << 32;

    /// <summary>Stands for the absent flow label (IPv4).</summary>
    public const int AbsentLabel = 1 << 20;

    /// <summary>The one family of the packets.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>Protocol numbers, 0 to 255.</summary>
    public RangeSet? Protocol { get; init; }

    /// <summary>Addresses of this node's end, as <see cref="IpAddress.Bits"/>.</summary>
    public RangeSet? Local { get; init; }

    /// <summary>Addresses of the other end, as <see cref="IpAddress.Bits"/>.</summary>
    public RangeSet? Peer { get; init; }

    /// <summary>Ports of this node's end, 0 to 65535, or <see cref="AbsentPort"/>.</summary>
    public RangeSet? LocalPort { get; init; }

    /// <summary>Ports of the other end, 0 to 65535, or <see cref="AbsentPort"/>.</summary>
    public RangeSet? PeerPort { get; init; }

    /// <summary>ICMP types, 0 to 255, or <see cref="AbsentIcmp"/>.</summary>
    public RangeSet? IcmpType { get; init; }

    /// <summary>ICMP codes, 0 to 255, or <see cref="AbsentIcmp"/>.</summary>
    public RangeSet? IcmpCode { get; init; }

    /// <summary>Security parameter indexes, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? Spi { get; init; }

    /// <summary>Code points, 0 to 63.</summary>
    public RangeSet? Dscp { get; init; }

    /// <summary>IPv6 flow labels, or <see cref="AbsentLabel"/>.</summary>
    public RangeSet? FlowLabel { get; init; }

    /// <summary>User ids of the socket's owner, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? User { get; init; }

    /// <summary>Group ids of the socket's owner, or <see cref="AbsentWord"/>.</summary>
    public RangeSet? Group { get; init; }

    /// <summary>Program names.</summary>
    public NameSet? App { get; init; }

    /// <summary>Control groups.</summary>
    public NameSet? Cgroup { get; init; }

    /// <summary>Interfaces that forwarded packets come in from.</summary>
    public NameSet? FromInterface { get; init; }

    /// <summary>Who may have started the flow; never <see cref="StartedBy.None"/> in a selector.</summary>
    public StartedBy Started { get; init; } = StartedBy.Anyone;

    /// <summary>Whether the packet's every field lies in the set given for it.</summary>
    public bool Matches(Packet packet) =>
        packet.Family == Family
        && (Started & packet.Started) != 0
        // What tells most boxes apart comes first.
        && In(Peer, packet.Peer.Bits)
        && In(Local, packet.Local.Bits)
        && In(PeerPort, (UInt128)(packet.PeerPort ?? AbsentPort))
        && In(LocalPort, (UInt128)(packet.LocalPort ?? AbsentPort))
        && In(Protocol, packet.Protocol)
        && In(IcmpType, (UInt128)(packet.IcmpType ?? AbsentIcmp))
        && In(IcmpCode, (UInt128)(packet.IcmpCode ?? AbsentIcmp))
        && In(Spi, (UInt128)(packet.Spi ?? AbsentWord))
        && In(Dscp, packet.Dscp)
        && In(FlowLabel, (UInt128)(packet.FlowLabel ?? AbsentLabel))
        && In(User, (UInt128)(packet.User ?? AbsentWord))
        && In(Group, (UInt128)(packet.Group ?? AbsentWord))
        && (App is null || App.Contains(packet.App))
        && (Cgroup is null || Cgroup.Contains(packet.Cgroup))
        && (FromInterface is null || FromInterface.Contains(packet.FromInterface));

    /// <summary>Whether a packet lies in both. Allocates nothing unless both constrain a name.</summary>
    public bool Overlaps(FlowBox other)
    {
        if (Family != other.Family || (Started & other.Started) == 0)
        {
            return false;
        }
        foreach (var field in FlowField.All)
        {
            if (field.Of(this) is { } ours && field.Of(other) is { } theirs && !ours.Overlaps(theirs))
            {
                return false;
            }
        }
        foreach (var field in FlowNameField.All)
        {
            if (field.Of(this) is { } ours && field.Of(other) is { } theirs && !ours.Overlaps(theirs))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The packets in both; null where there is none.</summary>
    public FlowBox? Intersect(FlowBox other)
    {
        if (!Overlaps(other))
        {
            return null;
        }
        var shared = this with { Started = Started & other.Started };
        foreach (var field in FlowField.All)
        {
            if (field.Of(other) is { } theirs)
            {
                shared = field.With(shared, field.Of(shared) is { } ours ? ours.Intersect(theirs) : theirs);
            }
        }
        foreach (var field in FlowNameField.All)
        {
            if (field.Of(other) is { } theirs)
            {
                shared = field.With(shared, field.Of(shared) is { } ours ? ours.Intersect(theirs) : theirs);
            }
        }
        return shared;
    }

    /// <summary>The packets of this box that are not in <paramref name="other"/>, as disjoint boxes; at most one for each field that <paramref name="other"/> constrains.</summary>
    public IEnumerable<FlowBox> Subtract(FlowBox other)
    {
        if (!Overlaps(other))
        {
            yield return this;
            yield break;
        }
        // Cut one field after the other: what lies outside in this field is a piece; what lies inside goes on to the next field.
        var rest = this;
        if ((rest.Started & ~other.Started) is var beyond and not StartedBy.None)
        {
            yield return rest with { Started = beyond };
        }
        rest = rest with { Started = rest.Started & other.Started };
        foreach (var field in FlowField.All)
        {
            if (field.Of(other) is { } theirs)
            {
                var outside = theirs.Complement(field.Highest(Family));
                outside = field.Of(rest) is { } ours ? ours.Intersect(outside) : outside;
                if (!outside.IsEmpty)
                {
                    yield return field.With(rest, outside);
                }
                rest = field.With(rest, field.Of(rest)?.Intersect(theirs) ?? theirs);
            }
        }
        foreach (var field in FlowNameField.All)
        {
            if (field.Of(other) is { } theirs)
            {
                var outside = theirs.Complement();
                outside = field.Of(rest) is { } ours ? ours.Intersect(outside) : outside;
                if (!outside.IsEmpty)
                {
                    yield return field.With(rest, outside);
                }
                rest = field.With(rest, field.Of(rest)?.Intersect(theirs) ?? theirs);
            }
        }
    }

    private static bool In(RangeSet? set, UInt128 value) => set is null || set.Contains(value);
}
