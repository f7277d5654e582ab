using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Says filter rules briefly.</summary>
internal static class Rules
{
    public static readonly PolicyOrigin Origin = new("test", "test.way", null, null, 1);

    public static FilterAction Use(int path) => new FilterAction.Use(World.Id(path));

    public static FilterAction Drop => new FilterAction.Drop();

    public static FilterAction Leave => new FilterAction.Default();

    /// <summary>A class whose families do the same.</summary>
    public static FilterClass Class(int number, FilterAction action, bool isStrict = false, params int[] denied)
    {
        EquatableArray<PathId> paths = [.. denied.Select(World.Id)];
        return new() { Number = number, V4 = action, V6 = action, IsStrict = isStrict, Denied4 = paths, Denied6 = paths };
    }

    /// <summary>Flows to the server on ports of the peer, by protocol (6, 17; 0: any that has ports).</summary>
    public static FilterRule To(int low, int high, int @class, byte protocol = 0, DateTimeOffset? endsAt = null)
    {
        FlowBox Box(IpFamily family) => new()
        {
            Family = family,
            PeerPort = RangeSet.Of(new NumberRange((UInt128)low, (UInt128)high)),
            Protocol = protocol == 0 ? null : RangeSet.Of(protocol),
            Peer = RangeSet.Of(IpAddress.From(World.Server(family)).Bits),
        };
        return new(new([Box(IpFamily.V4), Box(IpFamily.V6)]), @class, Origin, endsAt);
    }

    public static FilterRuleSet Set(FilterRule[] rules, params FilterClass[] classes) => new([.. rules], [.. classes]);
}
