using Waymark.FilterRules;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Module F of the framework for plain IP paths on Linux: filter rules as the content of one nftables table, ip rules and routes. Pure. A rule that cannot be
/// said to this kernel is refused with its reason and stops no other.
/// </summary>
/// <remarks>
/// <code>
/// selector -> class        classify_*: maps of selectors, entered once a connection, and once more when the generation changes
/// class    -> path         class_path4/6: one element a class; a spread hashes further
/// path     -> alive        pin_path: one element a path; every later packet of a connection needs only this; a class has a backup for when it is gone
///
/// output ------------+-> bound   (the program chose the device: only prohibitions)
///                    +-> steer_local ------+
/// prerouting --------+-> steer_forwarded --+-> decide_* -> classify_* -> cN   (class and generation into the connection mark)
///   (from_uplink:    |                     +-> denied4/6 -> dead
///    pinned to the   |                     +-> pin_path  -> pN | dead         (mark: the path, strictly)
///    device)         |                     +-> class_path4/6 -> nN_M -> pN | pM | spread | dead
///                    +-> established       (classified and pinned already: only denied4/6 and pin_path)
/// postrouting: source NAT by mark, where the packet leaves by that path's device; guard: what leaves by another is dropped
/// </code>
/// </remarks>
public static class NftablesEncoder
{
    /// <summary>The content of our territory that enforces <paramref name="rules"/> over <paramref name="paths"/>.</summary>
    /// <param name="rules">What is to be enforced.</param>
    /// <param name="paths">The paths of the node; those without a device are another back end's.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="options">What else the host needs.</param>
    /// <param name="previous">What the encoding in force left: <see cref="EncodedRuleSet.Memory"/>.</param>
    public static EncodedRuleSet Encode(FilterRuleSet rules, PathSet paths, Territory territory, EncoderOptions options, EncoderMemory previous)
    {
        territory.Check();
        var numbers = previous.Paths.With(paths.Paths.Where(path => path.Device is not null).Select(path => path.Id), territory.Paths);
        var numbered = paths.Paths.Select(path => new NumberedPath(numbers.Of(path.Id), path)).Where(one => one.Number > 0).OrderBy(one => one.Number).ToList();

        var content = new TableContent();
        var bindings = new ClassBindings(rules, paths, numbers, territory);
        bindings.AddTo(content);

        var classification = Classification.Of(new(rules.Rules, territory, !options.ForwardFrom.IsEmpty, options.Cgroups, options.MostLayers), previous.Encoded);
        content.Add(classification);
        // Another classification is another generation: what was classified under the one before is classified anew by its next packet.
        var generation = classification.Digest == previous.Classification && previous.Generation > 0 ? previous.Generation : (previous.Generation % 3) + 1;

        var steering = new SteeringChains(territory, generation, classification.Digest);
        steering.AddTo(content, FlowSide.Local);
        if (!options.ForwardFrom.IsEmpty)
        {
            steering.AddTo(content, FlowSide.Forwarded);
        }
        PathChains.AddTo(content, numbers, numbered, bindings.Backups, territory);
        AddressSets.AddTo(content, numbered, territory, options);
        new BaseChains(territory, options, generation).AddTo(content);
        return new(territory, content.ToTable(territory.Table))
        {
            Routes = RouteEncoding.Routes(numbered, territory).ToEquatableArray(),
            IpRules = RouteEncoding.Rules(numbered, territory).ToEquatableArray(),
            LooseDevices = numbered.Select(one => one.Device).Distinct().Order(StringComparer.Ordinal).ToEquatableArray(),
            Refused = [.. bindings.Refused, .. classification.Refused],
            Memory = new(numbers, generation, classification.Digest) { Encoded = classification },
        };
    }
}
