namespace Waymark.Flows;

/// <summary>Picks a packet of a box: what an explanation asks the kernel about.</summary>
public static class PacketSample
{
    private static readonly IpAddress Anywhere4 = IpAddress.Parse("192.0.2.1");
    private static readonly IpAddress Anywhere6 = IpAddress.Parse("2001:db8::1");

    /// <summary>A packet that belongs to <paramref name="box"/>, as ordinary as the box allows: TCP, to a documentation address (RFC 5737, RFC 3849).</summary>
    public static Packet Of(FlowBox box)
    {
        var anywhere = (box.Family == IpFamily.V4 ? Anywhere4 : Anywhere6).Bits;
        var protocol = (int)Number(box.Protocol, 6);
        var hasPorts = protocol is 6 or 17 or 33 or 132 or 136;
        var isIcmp = protocol is 1 or 58;
        return new()
        {
            Protocol = (byte)protocol,
            Local = new(box.Family, Number(box.Local, anywhere)),
            Peer = new(box.Family, Number(box.Peer, anywhere)),
            LocalPort = hasPorts ? Port(box.LocalPort, 40000) : null,
            PeerPort = hasPorts ? Port(box.PeerPort, 443) : null,
            IcmpType = isIcmp ? (byte)Math.Min(255, (int)Number(box.IcmpType, protocol == 1 ? 8u : 128u)) : null,
            IcmpCode = isIcmp ? (byte)Math.Min(255, (int)Number(box.IcmpCode, 0)) : null,
            Spi = protocol is 50 or 51 ? (uint)UInt128.Min(uint.MaxValue, Number(box.Spi, 1)) : null,
            Dscp = (byte)Number(box.Dscp, 0),
            FlowLabel = box.Family == IpFamily.V6 ? (uint)UInt128.Min(FlowBox.AbsentLabel - 1, Number(box.FlowLabel, 0)) : null,
            User = Owner(box.User),
            Group = Owner(box.Group),
            App = Name(box.App),
            Cgroup = Name(box.Cgroup),
            FromInterface = Name(box.FromInterface),
            Started = box.Started.HasFlag(StartedBy.Here) ? StartedBy.Here : box.Started.HasFlag(StartedBy.Forwarded) ? StartedBy.Forwarded : StartedBy.Peer,
        };
    }

    private static uint? Owner(RangeSet? set) => set is not null && Number(set, 0) is var id && id < FlowBox.AbsentWord ? (uint)id : null;

    /// <summary>None where none will do, else the first that belongs; a name that no entry speaks of where only such do.</summary>
    private static string? Name(NameSet? set)
    {
        if (set is null || set.HasAbsent)
        {
            return null;
        }
        foreach (var entry in set.Entries)
        {
            if (entry.Belongs)
            {
                return entry.Name;
            }
        }
        return "other";
    }

    private static ushort? Port(RangeSet? set, ushort usual) => Number(set, usual) is var port && port < FlowBox.AbsentPort ? (ushort)port : null;

    /// <summary>The usual number where it is in the set, else the set's lowest.</summary>
    private static UInt128 Number(RangeSet? set, UInt128 usual) => set is null || set.Contains(usual) ? usual : set.Ranges[0].Low;
}
