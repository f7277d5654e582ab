using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>How the daemon fares.</summary>
internal sealed class NodeApi(PolicyBook book, NodeBook node, RequesterRights rights, ReconcileLoop loop, RemoteStanding remote, PeerStanding peers, AuditedCalls audit, DaemonOptions options, TimeProvider time) : V1.NodeService.NodeServiceBase
{
    private static readonly DateTime StartedAt = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();

    public override Task<V1.GetStatusResponse> GetStatus(V1.GetStatusRequest request, ServerCallContext context)
    {
        var now = loop.Current;
        var response = new V1.GetStatusResponse
        {
            Version = DaemonVersion.Text,
            Node = node.Node.Name ?? Environment.MachineName,
            StartedAt = Timestamp.FromDateTime(StartedAt),
            Uptime = Duration.FromTimeSpan(time.GetUtcNow() - StartedAt),
            Revision = now.Revision,
            KernelState = now.Kernel.State switch
            {
                KernelState.InStep => V1.KernelState.InStep,
                KernelState.Failed => V1.KernelState.Failed,
                _ => V1.KernelState.Pending,
            },
            KernelMessage = now.Kernel.Message,
            PathCount = (uint)now.World.Paths.Paths.Count,
            PathUpCount = (uint)now.World.Paths.Paths.Count(path => EventStream.IsUp(path, now.World)),
            PolicyCount = (uint)now.Decision.Standings.Count(one => one.Standing == PathDecision.Standing.InForce),
            UnresolvedCount = (uint)now.AllUnresolved.Count(),
            FilterRuleCount = (uint)now.Decision.FilterRules.Rules.Count,
            ClassCount = (uint)now.Decision.FilterRules.Classes.Count,
            Pid = (uint)Environment.ProcessId,
            ResidentBytes = (ulong)Environment.WorkingSet,
            NodeFile = node.HasFile ? options.NodeFile : "",
            PolicyDirectory = options.PolicyDirectory,
            Unconfirmed = { book.Unconfirmed.Select(one => new V1.UnconfirmedChanges { Requester = one.By, ConfirmBy = DecisionTranslation.ToWire(one.ConfirmBy), SetCount = (uint)one.Sets.Count }) },
            PeerCount = (uint)peers.Current.Count,
            PeerConnectedCount = (uint)peers.Current.Count(one => one.IsConnected),
        };
        if (now.Kernel.AppliedAt is { } at)
        {
            response.AppliedAt = DecisionTranslation.ToWire(at);
        }
        if (remote.Current is { } standing)
        {
            response.Remote = new()
            {
                Endpoints = { standing.Endpoints },
                IsListening = standing.IsListening,
                Fault = standing.Fault,
                CertificateUntil = standing.CertificateUntil is { } until ? DecisionTranslation.ToWire(until) : null,
                ConnectionCount = (uint)standing.Connections,
            };
        }
        return Task.FromResult(response);
    }

    public override Task<V1.ReloadResponse> Reload(V1.ReloadRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.RequireAdministrator(context);
        var (diagnostics, sets) = book.Reload();
        audit.Accepted(context);
        var now = await loop.SettleAsync(context.CancellationToken);
        return new V1.ReloadResponse { Diagnostics = { diagnostics.Take(WireLimits.Diagnostics).Select(DecisionTranslation.ToWire) }, Sets = { sets }, Revision = now.Revision };
    });
}
