using Grpc.Core;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;
using Waymark.FilterRules;
using Waymark.Flows;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>What was decided, and why.</summary>
internal sealed class DecisionApi(NodeBook node, PolicyBook book, RequesterRights rights, ReconcileLoop loop, PeerStanding peers, KernelQuestion kernel) : V1.DecisionService.DecisionServiceBase
{
    private const int RulesPerMessage = 500;

    /// <summary>How often the kernel is asked where it does not agree.</summary>
    private const int MostLooks = 3;

    private const int MostExplanations = 20;
    private const int MostOverruled = 16;

    public override Task<V1.GetDecisionResponse> GetDecision(V1.GetDecisionRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var now = loop.Current;
        var translation = new DecisionTranslation(now.NameOf);
        var response = new V1.GetDecisionResponse
        {
            Revision = now.Revision,
            DecidedAt = DecisionTranslation.ToWire(now.World.Now),
            Classes = { now.Decision.FilterRules.Classes.Zip(now.Decision.Reasons).Select(one => translation.ToWire(one.First, one.Second)) },
            Standings = { now.Standings.Select(one => AtPeers(DecisionTranslation.ToWire(one.Standing, one.Policy), one.Standing)) },
            Unresolved = { now.AllUnresolved.Select(one => translation.ToWire(one, now.Decision.Reasons)) },
            Requesters =
            {
                node.Node.Requesters.OrderBy(one => one.Rank).ThenBy(one => one.Name, StringComparer.Ordinal).Select(one => new V1.Requester
                {
                    Name = one.Name,
                    Rank = one.Rank,
                    SetCount = (uint)now.World.Policies.Sets.Count(set => set.Requester.Name == one.Name),
                    PolicyCount = (uint)now.World.Policies.Policies.Count(policy => policy.Origin.Requester == one.Name),
                }),
            },
            FilterRuleCount = (uint)now.Enforced.Rules.Count,
            Terms =
            {
                book.Unconfirmed.SelectMany(one => one.Sets.Select(set => new V1.SetTerm { Requester = set.Owner, Set = set.Name, ConfirmBy = DecisionTranslation.ToWire(one.ConfirmBy) }))
                    .Concat(book.Held.Select(one => new V1.SetTerm { Requester = one.Requester, Set = one.Name, IsHeld = true, HeldUntil = DecisionTranslation.ToWire(one.Lost?.Time + one.Grace) }))
                    .OrderBy(one => one.Requester, StringComparer.Ordinal).ThenBy(one => one.Set, StringComparer.Ordinal),
            },
        };
        if (now.Decision.ReviewAt is { } review)
        {
            response.ReviewAt = DecisionTranslation.ToWire(review);
        }
        return Task.FromResult(response);
    });

    private V1.PolicyStanding AtPeers(V1.PolicyStanding wire, PathDecision.PolicyStanding standing)
    {
        if (standing.Standing == PathDecision.Standing.AtPeer)
        {
            wire.Peers.AddRange(peers.Current.SelectMany(peer => peer.Asked.Where(asked => asked.Origin == standing.Origin).Select(asked => new V1.PeerState
            {
                Peer = peer.Peer.Name,
                IsConnected = peer.IsConnected,
                State = PeerTranslation.ToWire(asked.State),
                Detail = asked.Detail,
            })));
        }
        return wire;
    }

    public override Task ListFilterRules(V1.ListFilterRulesRequest request, IServerStreamWriter<V1.ListFilterRulesResponse> stream, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.Caller(context);
        var now = loop.Current;
        foreach (var chunk in now.Enforced.Rules.Chunk(RulesPerMessage).DefaultIfEmpty([]))
        {
            await stream.WriteAsync(new() { Revision = now.Revision, Rules = { chunk.Select(DecisionTranslation.ToWire) } }, context.CancellationToken);
        }
        return true;
    });

    public override Task<V1.ExplainResponse> Explain(V1.ExplainRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.Caller(context);
        var flow = FlowTranslation.ToCore(request.Flow ?? new(), "the flow", out var diagnostics) ?? throw new RefusedException("the flow cannot be read", diagnostics);
        var resolved = FlowResolution.Resolve([flow], [], loop.Inputs.Names);
        if (!resolved.Problems.IsEmpty)
        {
            throw new RefusedException(string.Join("; ", resolved.Problems), []);
        }
        // Settled: in the middle of a round the kernel is not yet where the decision is. A difference that another look does not find was a change under way.
        var response = Explain(resolved.Selector, await loop.SettleAsync(context.CancellationToken));
        for (var looks = 1; looks < MostLooks && response.Explanations.Any(one => one.Kernel is { Agrees: false }); looks++)
        {
            response = Explain(resolved.Selector, await loop.SettleAsync(context.CancellationToken));
        }
        return response;
    });

    private V1.ExplainResponse Explain(FlowSelector selector, Snapshot now)
    {
        var translation = new DecisionTranslation(now.NameOf);
        var response = new V1.ExplainResponse { Revision = now.Revision, DecidedAt = DecisionTranslation.ToWire(now.World.Now) };
        var parts = new List<(DecidedPart Part, Packet Packet, FilterClass? Class)>();
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            var flows = new FlowSelector(selector.Boxes.Where(box => box.Family == family).ToEquatableArray());
            foreach (var part in FilterRuleEvaluation.Parts(now.Enforced, flows, MostOverruled))
            {
                if (parts.Count == MostExplanations)
                {
                    response.LeftOff++;
                    continue;
                }
                parts.Add((part, PacketSample.Of(part.Flows.Boxes[0]), part.Rule is { } rule ? now.Decision.FilterRules.Classes.First(known => known.Number == rule.Class) : null));
            }
        }
        var answers = kernel.Ask([.. parts.Select(one => (one.Packet, one.Class))], now);
        response.Explanations.AddRange(parts.Zip(answers, (one, answer) => Explain(one.Part, one.Packet, one.Class, answer, now, translation)));
        return response;
    }

    private static V1.Explanation Explain(DecidedPart part, Packet packet, FilterClass? one, V1.KernelAnswer answer, Snapshot now, DecisionTranslation translation)
    {
        var family = packet.Family;
        var reason = one is null ? null : now.Decision.Reasons.Of(one.Number);
        var half = family == IpFamily.V4 ? reason?.V4 : reason?.V6;
        var wire = new V1.Packet
        {
            Protocol = packet.Protocol,
            Local = part.Flows.Boxes[0].Local is null ? "" : packet.Local.ToString(),
            Peer = packet.Peer.ToString(),
            Dscp = packet.Dscp,
        };
        if (packet.LocalPort is { } local)
        {
            wire.LocalPort = local;
        }
        if (packet.PeerPort is { } peer)
        {
            wire.PeerPort = peer;
        }
        if (packet.User is { } user)
        {
            wire.User = user;
        }
        return new()
        {
            Flow = DecisionTranslation.ToWire(part.Flows),
            Packet = wire,
            Origin = part.Rule is null ? null : DecisionTranslation.ToWire(part.Rule.Origin),
            Class = (uint)(one?.Number ?? 0),
            Action = DecisionTranslation.ToWire(one?.Action(family) ?? new FilterAction.Default()),
            Reason = reason is null ? null : translation.ToWire(reason),
            FamilyReason = half is null ? null : translation.ToWire(half),
            Kernel = answer,
            Backup = one?.Backup(family)?.ToString() ?? "",
            Overruled = { part.Overruled.Select(later => DecisionTranslation.ToWire(later.Origin)) },
        };
    }
}
