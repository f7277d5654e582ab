using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies.Language;

namespace Waymark.Tests.PathDecision;

/// <summary>Worlds in a few words: paths wifi, lte and sat, policies as text, measurements by name.</summary>
internal static class Worlds
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    public static PathId Id(string name) => new("ip", name);

    public static Path Path(string name, bool v4 = true, bool v6 = true, uint metric = 100) => new()
    {
        Id = Id(name),
        Name = name,
        Device = name,
        Halves = new[] { (IpFamily.V4, v4, "192.0.2.1"), (IpFamily.V6, v6, "2001:db8::1") }.Where(one => one.Item2)
            .Select(one => new PathHalf { Family = one.Item1, Locators = [IpAddress.Parse(one.Item3)], Metric = metric }).ToEquatableArray(),
    };

    public static World Of(string policies, params Path[] paths) => new()
    {
        Paths = new(paths.Length > 0 ? paths : [Path("wifi", metric: 100), Path("lte", metric: 200), Path("sat", metric: 300)]),
        Characteristics = CharacteristicsSet.Empty,
        Policies = Merge(policies),
        Now = Start,
    };

    public static MergedPolicies Merge(string policies, NodeNames? names = null)
    {
        var parse = PolicyLanguage.Parse(policies, "test.way");
        Assert.False(parse.HasErrors, string.Join('\n', parse.Diagnostics));
        return PolicyMerge.Merge([new(new("root", 0), "test.way", parse.Set!, Start, [])], names ?? NodeNames.None);
    }

    /// <summary>The world with what is measured of a path: numbers in base units, flags, words.</summary>
    public static World With(this World world, string path, params (string Name, object Value)[] values)
    {
        var known = world.Characteristics.Of(Id(path)).Values.Where(old => values.All(one => one.Name != old.Key))
            .Concat(values.Select(one => KeyValuePair.Create(one.Name, new Measured(one.Value switch
            {
                double number => CharacteristicValue.Of(number),
                bool flag => CharacteristicValue.Of(flag),
                string word => CharacteristicValue.Of(word),
                _ => throw new ArgumentException(one.Name),
            }, world.Now, 5, "test"))));
        return world with
        {
            Characteristics = new(world.Characteristics.Paths.Where(one => one.Path != Id(path)).Append(PathCharacteristics.Of(Id(path), known))),
        };
    }

    public static World Up(this World world, string path, bool isUp) => world.With(path, (PathCharacteristics.Up4, isUp), (PathCharacteristics.Up6, isUp));

    /// <summary>The same world some time later, with the memory of <paramref name="decision"/>.</summary>
    public static World After(this World world, TimeSpan time, Decision decision) => world with { Now = world.Now + time, Previous = decision.Next };

    /// <summary>What is done with the flows of the policy at <paramref name="index"/>, from 0: a path's name, several with weights, "drop" or "default".</summary>
    public static string Outcome(this Decision decision, int index = 0, IpFamily family = IpFamily.V4)
    {
        var rule = decision.FilterRules.Rules.First(one => one.Origin.Index == index + 1);
        return decision.FilterRules.Classes.Single(one => one.Number == rule.Class).Action(family) switch
        {
            Waymark.FilterRules.FilterAction.Use(var path) => path.LocalId,
            Waymark.FilterRules.FilterAction.Spread(var shares, _) => string.Join(' ', shares.Select(share => $"{share.Path.LocalId}:{share.Weight}")),
            Waymark.FilterRules.FilterAction.Duplicate(var paths) => string.Join('+', paths.Select(path => path.LocalId)),
            Waymark.FilterRules.FilterAction.Drop => "drop",
            Waymark.FilterRules.FilterAction.Default => "default",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    public static string Denied(this Decision decision, int index = 0)
    {
        var rule = decision.FilterRules.Rules.First(one => one.Origin.Index == index + 1);
        return string.Join(' ', decision.FilterRules.Classes.Single(one => one.Number == rule.Class).Denied4.Select(path => path.LocalId));
    }
}
