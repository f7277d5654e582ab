using System.Diagnostics;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Exchange.Wire;

/// <summary>Flow expressions, wire and core: a pair of functions for each message of flow.proto.</summary>
public static class FlowTranslation
{
    private const string Extras = "dscp, label, user, group, app, cgroup, fromInterface, started, not";
    private const string Protocols = "any, transport, port, icmp, security, numbers";

    /// <summary>The flow as a message.</summary>
    /// <param name="core">The flow.</param>
    /// <param name="withPlaces">Whether to say where in its text it stands.</param>
    public static V1.Flow ToWire(Flow core, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(core);
        var wire = new V1.Flow
        {
            Family = core.Family is { } family ? (V1.IpFamily)family : V1.IpFamily.Unspecified,
            Protocol = core.Protocol is null ? null : ToWire(core.Protocol),
            Local = core.Local is null ? null : ToWire(core.Local),
            Peer = core.Peer is null ? null : ToWire(core.Peer),
            Place = ToWire(core.Place, withPlaces),
        };
        if (core.Named is not null)
        {
            wire.Named = core.Named;
        }
        wire.Extras.AddRange(core.Extras.Select(extra => ToWire(extra, withPlaces)));
        return wire;
    }

    /// <summary>The flow of a message from outside; null where it has mistakes, and then all of them are in <paramref name="diagnostics"/>.</summary>
    public static Flow? ToCore(V1.Flow wire, string file, out EquatableArray<Policies.Language.Diagnostic> diagnostics)
    {
        var reading = new WireReading(file);
        var core = reading.Required("flow", wire, reading.ToCore, new Flow());
        diagnostics = reading.Diagnostics;
        return reading.IsClean ? core : null;
    }

    internal static Flow ToCore(this WireReading reading, V1.Flow wire)
    {
        var place = reading.At(wire.Place);
        if (wire.Family is not (V1.IpFamily.Unspecified or V1.IpFamily.V4 or V1.IpFamily.V6))
        {
            reading.Refuse(WireReading.OutOfRange, $"the family {(int)wire.Family} is not known", "give IP_FAMILY_V4 or IP_FAMILY_V6, or leave it out for both");
        }
        if (!wire.HasNamed && wire.Family == V1.IpFamily.Unspecified && wire.Protocol is null && wire.Local is null && wire.Peer is null && wire.Extras.Count == 0)
        {
            reading.Refuse(WireReading.Missing, "no part of the flow is given", "give {\"protocol\": {\"any\": {}}} for every flow");
        }
        if (wire.HasNamed && (wire.Protocol is not null || wire.Family != V1.IpFamily.Unspecified))
        {
            var part = wire.Protocol is not null ? "protocol" : "family";
            reading.Refuse(WireReading.BadCombination, $"a named flow has its {part} already", $"leave out one of named and {part}");
        }
        return new()
        {
            Named = wire.HasNamed ? reading.Name("named", wire.Named) : null,
            Family = wire.Family == V1.IpFamily.Unspecified ? null : (IpFamily)wire.Family,
            Protocol = wire.Protocol is null ? null : reading.Required("protocol", wire.Protocol, reading.ToCore, new FlowProtocol.Any()),
            Local = wire.Local is null ? null : reading.Required("local", wire.Local, end => reading.ToCore(end, isPeer: false), new FlowEnd()),
            Peer = wire.Peer is null ? null : reading.Required("peer", wire.Peer, end => reading.ToCore(end, isPeer: true), new FlowEnd()),
            Extras = reading.List("extras", wire.Extras, reading.ToCore),
            Place = place,
        };
    }

    internal static V1.Place? ToWire(Place core, bool withPlaces) =>
        withPlaces && core.Line != 0 ? new() { Line = (uint)core.Line, Column = (uint)core.Column } : null;

    private static V1.FlowProtocol ToWire(FlowProtocol core) => core switch
    {
        FlowProtocol.Any => new() { Any = new() },
        FlowProtocol.Transport it => new() { Transport = new() { Protocol = (V1.TransportProtocol)it.Protocol, Ports = { it.EitherPort.Select(ToWire) } } },
        FlowProtocol.Port it => new() { Port = ToWire(it.EitherPort) },
        FlowProtocol.Icmp it => new() { Icmp = new() { Types_ = { it.Types.Select(ToWire) }, Codes = { it.Codes.Select(ToWire) } } },
        FlowProtocol.Security it => new() { Security = new() { Esp = it.Esp, Ah = it.Ah, Spis = { it.Spis.Select(ToWire) } } },
        FlowProtocol.Numbers it => new() { Numbers = ToWire(it.Values) },
        _ => throw new UnreachableException(),
    };

    private static FlowProtocol ToCore(this WireReading reading, V1.FlowProtocol wire) => wire.KindCase switch
    {
        V1.FlowProtocol.KindOneofCase.Any => new FlowProtocol.Any(),
        V1.FlowProtocol.KindOneofCase.Transport => reading.ToCore(wire.Transport),
        V1.FlowProtocol.KindOneofCase.Port => new FlowProtocol.Port(reading.Ranges("port", wire.Port, 65535)),
        V1.FlowProtocol.KindOneofCase.Icmp => reading.ToCore(wire.Icmp),
        V1.FlowProtocol.KindOneofCase.Security => reading.ToCore(wire.Security),
        V1.FlowProtocol.KindOneofCase.Numbers => new FlowProtocol.Numbers(reading.Ranges("numbers", wire.Numbers, 255)),
        _ => reading.RefuseNothing(Protocols, new FlowProtocol.Any()),
    };

    private static FlowProtocol.Transport ToCore(this WireReading reading, V1.TransportFlow wire)
    {
        if (!Enum.IsDefined((TransportProtocol)wire.Protocol))
        {
            reading.Refuse(WireReading.Missing, "the transport protocol is not given or not known", "give TRANSPORT_PROTOCOL_TCP, _UDP, _SCTP, _DCCP or _UDP_LITE");
        }
        return new((TransportProtocol)wire.Protocol, reading.Ranges("ports", wire.Ports, 65535));
    }

    private static FlowProtocol.Icmp ToCore(this WireReading reading, V1.IcmpFlow wire)
    {
        if (wire.Codes.Count > 0 && wire.Types_.Count == 0)
        {
            reading.Refuse(WireReading.BadCombination, "codes are given without types", "give the types that the codes are of");
        }
        return new(reading.Ranges("types", wire.Types_, 255), reading.Ranges("codes", wire.Codes, 255));
    }

    private static FlowProtocol.Security ToCore(this WireReading reading, V1.SecurityFlow wire)
    {
        if (!wire.Esp && !wire.Ah)
        {
            reading.Refuse(WireReading.Missing, "neither esp nor ah is set", "set one or both");
        }
        return new(wire.Esp, wire.Ah, reading.Ranges("spis", wire.Spis, uint.MaxValue));
    }

    private static V1.FlowEnd ToWire(FlowEnd core)
    {
        var wire = new V1.FlowEnd { Addresses = { core.Addresses.Select(prefix => prefix.ToString()) }, Ports = { core.Ports.Select(ToWire) } };
        if (core.Domain is not null)
        {
            wire.Domain = core.Domain;
        }
        return wire;
    }

    private static FlowEnd ToCore(this WireReading reading, V1.FlowEnd wire, bool isPeer)
    {
        if (wire.Addresses.Count == 0 && !wire.HasDomain && wire.Ports.Count == 0)
        {
            reading.Refuse(WireReading.Missing, "neither addresses, domain nor ports are given", "leave the end out where it may be any");
        }
        if (wire.HasDomain && (!isPeer || wire.Addresses.Count > 0))
        {
            reading.Refuse(WireReading.BadCombination, isPeer ? "a domain stands beside addresses" : "the local end has no domain", "give addresses alone");
        }
        return new()
        {
            Addresses = reading.List("addresses", wire.Addresses, reading.Prefix),
            Domain = wire.HasDomain ? reading.Name("domain", wire.Domain) : null,
            Ports = reading.Ranges("ports", wire.Ports, 65535),
        };
    }

    private static V1.FlowExtra ToWire(FlowExtra core, bool withPlaces) => core switch
    {
        FlowExtra.Dscp it => new() { Dscp = ToWire(it.Values) },
        FlowExtra.Label it => new() { Label = ToWire(it.Values) },
        FlowExtra.User it => new() { User = it.Name },
        FlowExtra.Group it => new() { Group = it.Name },
        FlowExtra.App it => new() { App = it.Name },
        FlowExtra.Cgroup it => new() { Cgroup = it.Name },
        FlowExtra.FromInterface it => new() { FromInterface = it.Name },
        FlowExtra.Started it => new() { Started = (V1.FlowStart)it.By },
        FlowExtra.Not it => new() { Not = new() { Flows = { it.Flows.Select(flow => ToWire(flow, withPlaces)) } } },
        _ => throw new UnreachableException(),
    };

    private static FlowExtra ToCore(this WireReading reading, V1.FlowExtra wire) => wire.KindCase switch
    {
        V1.FlowExtra.KindOneofCase.Dscp => new FlowExtra.Dscp(reading.Ranges("dscp", wire.Dscp, 63)),
        V1.FlowExtra.KindOneofCase.Label => new FlowExtra.Label(reading.Ranges("label", wire.Label, (1 << 20) - 1)),
        V1.FlowExtra.KindOneofCase.User => new FlowExtra.User(reading.Name("user", wire.User)),
        V1.FlowExtra.KindOneofCase.Group => new FlowExtra.Group(reading.Name("group", wire.Group)),
        V1.FlowExtra.KindOneofCase.App => new FlowExtra.App(reading.Name("app", wire.App)),
        V1.FlowExtra.KindOneofCase.Cgroup => new FlowExtra.Cgroup(reading.Text("cgroup", wire.Cgroup)),
        V1.FlowExtra.KindOneofCase.FromInterface => new FlowExtra.FromInterface(reading.Name("fromInterface", wire.FromInterface)),
        V1.FlowExtra.KindOneofCase.Started => reading.ToCore(wire.Started),
        V1.FlowExtra.KindOneofCase.Not => reading.Required("not", wire.Not, not => new FlowExtra.Not(reading.List("flows", not.Flows, reading.ToCore, least: 1)), new([])),
        _ => reading.RefuseNothing<FlowExtra>(Extras, new FlowExtra.Dscp([])),
    };

    private static FlowExtra.Started ToCore(this WireReading reading, V1.FlowStart wire)
    {
        if (wire is not (V1.FlowStart.Here or V1.FlowStart.Peer or V1.FlowStart.Forwarded))
        {
            reading.Refuse(WireReading.Missing, "who started the flow is not given or not known", "give FLOW_START_HERE, FLOW_START_PEER or FLOW_START_FORWARDED");
        }
        return new((StartedBy)wire);
    }

    private static V1.IntegerRanges ToWire(EquatableArray<IntegerRange> core) => new() { Ranges = { core.Select(ToWire) } };

    private static V1.IntegerRange ToWire(IntegerRange core)
    {
        var wire = new V1.IntegerRange { Low = core.Low };
        if (core.High != core.Low)
        {
            wire.High = core.High;
        }
        return wire;
    }

    private static EquatableArray<IntegerRange> Ranges(this WireReading reading, string field, V1.IntegerRanges wire, uint highest) =>
        reading.Required(field, wire, ranges => reading.Ranges("ranges", ranges.Ranges, highest, least: 1), []);

    private static EquatableArray<IntegerRange> Ranges(this WireReading reading, string field, IReadOnlyList<V1.IntegerRange> wires, uint highest, int least = 0) =>
        reading.List(field, wires, wire => reading.ToCore(wire, highest), least);

    private static IntegerRange ToCore(this WireReading reading, V1.IntegerRange wire, uint highest)
    {
        reading.InRange("low", wire.Low, 0, highest);
        if (wire.HasHigh)
        {
            reading.InRange("high", wire.High, wire.Low, highest);
        }
        return new(wire.Low, wire.HasHigh ? wire.High : wire.Low);
    }
}
