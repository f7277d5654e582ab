using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Other nodes, and who asks about them.</summary>
internal sealed class PeerApi(PeerService peers, PeerStanding standing, RequesterRights rights, IHostApplicationLifetime lifetime, TimeProvider time) : V1.PeerService.PeerServiceBase
{
    public override async Task Exchange(IAsyncStreamReader<V1.PeerMessage> requestStream, IServerStreamWriter<V1.PeerMessage> responseStream, ServerCallContext context)
    {
        var node = context.GetHttpContext().Features.Get<RemoteNode>() ?? throw new RpcException(new(StatusCode.PermissionDenied, "the exchange is for other nodes, over the network"));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var link = peers.Link(node.Declaration, isOurs: false, node.Peer.CopyCertificate(), node.Peer.From.ToString());
        await peers.CarryAsync(link, () => link.RunAsync(requestStream, responseStream.WriteAsync, (message, token) => peers.HearAsync(link, message, token), failed => failed.Status.Detail, ended.Token));
        if (link.Why.Length > 0)
        {
            // The peer should know.
            throw new RpcException(new(StatusCode.Aborted, link.Why));
        }
    }

    public override Task<V1.ListPeersResponse> ListPeers(V1.ListPeersRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        return Task.FromResult(new V1.ListPeersResponse { Peers = { standing.Current.Select(Wire) }, AsOf = DecisionTranslation.ToWire(time.GetUtcNow()) });
    });

    private static V1.Peer Wire(PeerStanding.State one) => new()
    {
        Name = one.Peer.Name,
        Node = one.Node,
        IsConnected = one.IsConnected,
        Since = one.Since is { } since ? DecisionTranslation.ToWire(since) : null,
        Endpoint = one.Endpoint,
        Fault = one.Fault,
        Asked = { one.Asked.Select(asked => new V1.AskedRule { Origin = DecisionTranslation.ToWire(asked.Origin), State = PeerTranslation.ToWire(asked.State), Detail = asked.Detail }) },
        Held =
        {
            one.Held.Select(held => new V1.HeldRule
            {
                Name = held.Name,
                State = PeerTranslation.ToWire(held.State),
                Detail = held.Detail,
                Policies = { (held.Set?.Statements ?? []).OfType<PolicyRule>().SelectMany(rule => rule.Then).OfType<Policy>().Select(policy => PolicySetTranslation.ToWire(policy)) },
            }),
        },
        LeaseUntil = one.LeaseUntil is { } until ? DecisionTranslation.ToWire(until) : null,
    };
}
