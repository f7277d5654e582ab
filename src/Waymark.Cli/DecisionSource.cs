using System.Globalization;
using System.IO;
using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.FilterRules;
using Waymark.Linux;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Verification;
using Waymark.Nodes;
using Waymark.PathDecision;

namespace Waymark.Cli;

/// <summary>The decision that a kernel is held to: the daemon's, or the last one of a recording.</summary>
internal static class DecisionSource
{
    /// <summary>What the daemon has decided, with its number. Throws <see cref="FormatException"/> where it says what this program does not know.</summary>
    /// <param name="client">The daemon.</param>
    /// <param name="node">The node file.</param>
    /// <param name="isHere">Whether the kernel is that of this host, so that control groups have the ids that they have here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<(VerifiedDecision Decision, ulong Revision)> AskAsync(NodeClient client, NodeFile node, bool isHere, CancellationToken cancellationToken)
    {
        while (true)
        {
            var decision = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
            var rules = new List<Exchange.Wire.V1.FilterRule>();
            var revision = decision.Revision;
            using var stream = client.Decisions.ListFilterRules(new(), cancellationToken: cancellationToken);
            await foreach (var answer in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                revision = answer.Revision;
                rules.AddRange(answer.Rules);
            }
            var paths = await client.Paths.ListPathsAsync(new(), cancellationToken: cancellationToken);
            if (revision != decision.Revision)
            {
                // Decided anew in between: asked again.
                continue;
            }
            var set = EnforcedReading.ToCore(rules, decision.Classes);
            return (Of(set, new(paths.Paths.Select(EnforcedReading.ToCore)), node, isHere ? ControlGroup.IdsOf(set) : Named(set)), revision);
        }
    }

    /// <summary>
    /// What was decided last in a recording, decided again, and when. Throws <see cref="FormatException"/>, with the line, where it is none or this version decides otherwise;
    /// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where it cannot be read.
    /// </summary>
    /// <param name="file">What <c>waymarkd --record</c> wrote.</param>
    /// <param name="node">The node file.</param>
    public static (VerifiedDecision Decision, DateTimeOffset At) Read(string file, NodeFile node)
    {
        var (last, number) = ("", 0);
        foreach (var line in File.ReadLines(file))
        {
            (last, number) = (line, number + 1);
        }
        if (number == 0)
        {
            throw new FormatException("nothing is recorded in it");
        }
        try
        {
            var (world, digest) = Recording.Read(last);
            var decision = PathResolution.Decide(world);
            if (Recording.Digest(decision) != digest)
            {
                throw new FormatException("this version decides otherwise: use the 'waymark' of the version that recorded it");
            }
            var rules = decision.FilterRules;
            var groups = Named(rules);
            var options = EncoderOptions.Default with { ForwardFrom = node.Forward?.Interfaces ?? [], Masquerade = node.Forward?.Masquerade ?? false, Cgroups = groups };
            // What the kernel cannot match is not in force, here as there.
            var refused = NftablesEncoder.Encode(rules, world.Paths, Territory.Of(node), options, EncoderMemory.Empty).Refused;
            return (Of(RefusedRule.Without(rules, refused), world.Paths, node, groups), world.Now);
        }
        catch (FormatException wrong)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number}: {wrong.Message}"), wrong);
        }
    }

    private static VerifiedDecision Of(FilterRuleSet rules, Paths.PathSet paths, NodeFile node, EquatableArray<KeyValuePair<string, ulong>> cgroups) => new()
    {
        Rules = rules,
        Paths = paths,
        ForwardFrom = node.Forward?.Interfaces ?? [],
        Masquerade = node.Forward?.Masquerade ?? false,
        Cgroups = cgroups,
    };

    /// <summary>Numbers for the groups that rules name, of another host: those that no group has, from the highest down. nft lists groups by name.</summary>
    private static EquatableArray<KeyValuePair<string, ulong>> Named(FilterRuleSet rules) =>
        [.. rules.Rules.SelectMany(rule => rule.Selector.Boxes).SelectMany(box => box.Cgroup?.Entries ?? []).Select(entry => entry.Name)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select((name, i) => KeyValuePair.Create(name, ulong.MaxValue - (ulong)i))];
}
