using System.Globalization;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Exchange.Wire;

/// <summary>What a daemon says it enforces, read back from its messages: filter rules, classes, paths. Throws <see cref="FormatException"/> where a message says what cannot be.</summary>
public static class EnforcedReading
{
    /// <summary>The filter rules and their classes.</summary>
    /// <param name="rules">In order of precedence.</param>
    /// <param name="classes">Every class that they name.</param>
    public static FilterRuleSet ToCore(IEnumerable<V1.FilterRule> rules, IEnumerable<V1.FilterClass> classes) =>
        new(rules.Select(ToCore).ToEquatableArray(), classes.Select(ToCore).OrderBy(one => one.Number).ToEquatableArray());

    /// <summary>A path, as far as packets see it.</summary>
    public static Paths.Path ToCore(V1.Path wire) => new()
    {
        Id = Id(wire.Id),
        Name = wire.Name,
        Device = wire.Device.Length == 0 ? null : wire.Device,
        HasCarrier = wire.HasCarrier,
        Scope = wire.Reach.Count == 0 ? FlowSelector.Everything : FlowSelector.OfPeers(wire.Reach.Select(Prefix)),
        Halves = wire.Halves.Select(half => new PathHalf
        {
            Family = ToCore(half.Family),
            Locators = half.Locators.Select(IpAddress.Parse).ToEquatableArray(),
            Gateway = half.Gateway.Length == 0 ? null : IpAddress.Parse(half.Gateway),
            Connected = half.Connected.Select(Prefix).ToEquatableArray(),
            Metric = half.Metric,
        }).Where(half => !half.Locators.IsEmpty).ToEquatableArray(),
    };

    private static FilterRule ToCore(V1.FilterRule wire) => new(
        new((wire.Selector?.Boxes ?? []).Select(ToCore).ToEquatableArray()), (int)wire.Class, ToCore(wire.Origin ?? new()), wire.EndsAt?.ToDateTimeOffset());

    private static PolicyOrigin ToCore(V1.PolicyOrigin wire) =>
        new(wire.Requester, wire.Set, wire.HasRule ? wire.Rule : null, wire.HasPolicy ? wire.Policy : null, (int)wire.Index) { Place = wire.Place is { } place ? new((int)place.Line, (int)place.Column) : default };

    private static FilterClass ToCore(V1.FilterClass wire) => new()
    {
        Number = (int)wire.Number,
        V4 = ToCore(wire.V4),
        V6 = ToCore(wire.V6),
        IsStrict = wire.IsStrict,
        SteersAnswers = wire.SteersAnswers,
        Denied4 = wire.DeniedV4.Select(Id).ToEquatableArray(),
        Denied6 = wire.DeniedV6.Select(Id).ToEquatableArray(),
        Backup4 = wire.BackupV4.Length == 0 ? null : Id(wire.BackupV4),
        Backup6 = wire.BackupV6.Length == 0 ? null : Id(wire.BackupV6),
        EndsAt = wire.EndsAt?.ToDateTimeOffset(),
    };

    private static FilterAction ToCore(V1.FilterAction? wire) => wire?.KindCase switch
    {
        V1.FilterAction.KindOneofCase.Drop => new FilterAction.Drop(),
        V1.FilterAction.KindOneofCase.Default => new FilterAction.Default(),
        V1.FilterAction.KindOneofCase.Use => new FilterAction.Use(Id(wire.Use)),
        V1.FilterAction.KindOneofCase.Spread when wire.Spread.Shares.Count > 0 && wire.Spread.Per is > V1.BalancePer.Unspecified and <= V1.BalancePer.Local =>
            new FilterAction.Spread(wire.Spread.Shares.Select(share => new PathShare(Id(share.Path), (int)share.Weight)).ToEquatableArray(), (BalancePer)(wire.Spread.Per - 1)),
        V1.FilterAction.KindOneofCase.Duplicate => new FilterAction.Duplicate(wire.Duplicate.Paths.Select(Id).ToEquatableArray()),
        _ => throw new FormatException("a class says of a family that nothing becomes of its flows"),
    };

    private static FlowBox ToCore(V1.FlowBox wire) => new()
    {
        Family = ToCore(wire.Family),
        Protocol = Numbers(wire.Protocol),
        Local = Addresses(wire.Local),
        Peer = Addresses(wire.Peer),
        LocalPort = Numbers(wire.LocalPort),
        PeerPort = Numbers(wire.PeerPort),
        IcmpType = Numbers(wire.IcmpType),
        IcmpCode = Numbers(wire.IcmpCode),
        Spi = Numbers(wire.Spi),
        Dscp = Numbers(wire.Dscp),
        FlowLabel = Numbers(wire.FlowLabel),
        User = Numbers(wire.User),
        Group = Numbers(wire.Group),
        App = Names(wire.App),
        Cgroup = Names(wire.Cgroup),
        FromInterface = Names(wire.FromInterface),
        Started = wire.Started.Count == 0 ? StartedBy.Anyone : wire.Started.Aggregate(StartedBy.None, (all, one) => all | one switch
        {
            V1.FlowStart.Here => StartedBy.Here,
            V1.FlowStart.Peer => StartedBy.Peer,
            V1.FlowStart.Forwarded => StartedBy.Forwarded,
            _ => throw new FormatException($"who starts a flow is not known: {one}"),
        }),
    };

    private static IpFamily ToCore(V1.IpFamily wire) => wire switch
    {
        V1.IpFamily.V4 => IpFamily.V4,
        V1.IpFamily.V6 => IpFamily.V6,
        _ => throw new FormatException($"the family {(int)wire} is not known"),
    };

    private static RangeSet? Numbers(V1.NumberSet? wire) => wire is null ? null : RangeSet.Of([.. wire.Ranges.Select(range => Range(range.Low, range.High))]);

    private static RangeSet? Addresses(V1.AddressSet? wire) => wire is null ? null : RangeSet.Of([.. wire.Ranges.Select(range => Range(IpAddress.Parse(range.Low).Bits, IpAddress.Parse(range.High).Bits))]);

    private static NumberRange Range(UInt128 low, UInt128 high) => low <= high ? new(low, high) : throw new FormatException($"the range {low}-{high} ends before it begins");

    private static NameSet? Names(V1.NameSet? wire) => wire is null ? null : new()
    {
        Otherwise = wire.Otherwise,
        HasAbsent = wire.HasAbsent,
        Entries = wire.Entries.Select(entry => new NameEntry(entry.Name, entry.Belongs)).ToEquatableArray(),
    };

    private static PathId Id(string text) => PathId.TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no id of a path");

    private static IpPrefix Prefix(string text) => text.Split('/') is [var address, var length]
        ? new(IpAddress.Parse(address), int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture))
        : new(IpAddress.Parse(text), IpAddress.Width(IpAddress.Parse(text).Family));
}
