using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>A set of packets that exactly these paths can carry; the regions of a decision are disjoint and cover every packet.</summary>
/// <param name="Selector">The packets.</param>
/// <param name="Paths">The paths whose scope holds all of them, in order of id; the others' scopes hold none of them.</param>
/// <param name="Key">Names the region for good: the paths of narrow scope that cover it; empty where only paths of any scope do.</param>
internal sealed record ScopeRegion(FlowSelector Selector, EquatableArray<Path> Paths, string Key);

/// <summary>Cuts the packet space along the scopes of the paths (language, Meaning 3), so that within a region every path can carry all flows or none.</summary>
internal static class ScopeRegions
{
    public static IReadOnlyList<ScopeRegion> Of(PathSet paths)
    {
        var regions = new List<(FlowSelector Selector, List<Path> Paths, string Key)> { (FlowSelector.Everything, [], "") };
        foreach (var path in paths.Paths)
        {
            if (ReferenceEquals(path.Scope, FlowSelector.Everything) || path.Scope.IsEverything)
            {
                foreach (var region in regions)
                {
                    region.Paths.Add(path);
                }
                continue;
            }
            var cut = new List<(FlowSelector, List<Path>, string)>();
            foreach (var (selector, covered, key) in regions)
            {
                var inside = selector.Intersect(path.Scope);
                if (inside.IsEmpty)
                {
                    cut.Add((selector, covered, key));
                    continue;
                }
                cut.Add((inside, [.. covered, path], $"{key} {path.Id}".TrimStart()));
                var outside = selector.Subtract(path.Scope);
                if (!outside.IsEmpty)
                {
                    cut.Add((outside, covered, key));
                }
            }
            regions = cut;
        }
        return [.. regions.Select(region => new ScopeRegion(region.Selector, region.Paths.ToEquatableArray(), region.Key))];
    }
}
