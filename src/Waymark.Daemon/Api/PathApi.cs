using Grpc.Core;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange.Wire;
using Waymark.Paths;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Paths: what is known of them, and whether they may be used.</summary>
internal sealed class PathApi(RequesterRights rights, ReconcileLoop loop, IDataPlane dataPlane, StateStore store, AuditedCalls audit, TimeProvider time) : V1.PathService.PathServiceBase
{
    /// <summary>The longest time that a path can be out of use; longer ones are until it is enabled.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public override Task<V1.ListPathsResponse> ListPaths(V1.ListPathsRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var now = loop.Current;
        var response = new V1.ListPathsResponse { Paths = { now.World.Paths.Paths.Select(path => Wire(path, now)) }, AsOf = DecisionTranslation.ToWire(time.GetUtcNow()) };
        if (request.CountFlows)
        {
            var counts = dataPlane.CountFlows();
            foreach (var (path, wire) in now.World.Paths.Paths.AsEnumerable().Zip(response.Paths))
            {
                wire.FlowCount = (uint)counts.GetValueOrDefault(path.Id);
            }
        }
        return Task.FromResult(response);
    });

    public override Task<V1.DisablePathResponse> DisablePath(V1.DisablePathRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.RequireAdministrator(context);
        var path = Find(request.Path);
        var lasting = Calls.LengthOf(request.Duration);
        if (lasting <= TimeSpan.Zero || lasting > Longest)
        {
            throw new RefusedException($"a path is out of use for more than nothing and at most {Longest.TotalDays:0} days: leave the duration out for 'until it is enabled'", []);
        }
        var until = time.GetUtcNow() + lasting;
        store.Disable(path.Id, until);
        loop.Post(inputs => inputs with { Disabled = inputs.Disabled.Where(one => one.Key != path.Id).Append(new(path.Id, until)).ToEquatableArray() });
        audit.Accepted(context);
        var now = await loop.SettleAsync(context.CancellationToken);
        return new V1.DisablePathResponse { Path = Wire(path, now), Revision = now.Revision };
    });

    public override Task<V1.EnablePathResponse> EnablePath(V1.EnablePathRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.RequireAdministrator(context);
        var path = Find(request.Path);
        store.Enable(path.Id);
        loop.Post(inputs => inputs with { Disabled = inputs.Disabled.Where(one => one.Key != path.Id).ToEquatableArray() });
        audit.Accepted(context);
        var now = await loop.SettleAsync(context.CancellationToken);
        return new V1.EnablePathResponse { Path = Wire(path, now), Revision = now.Revision };
    });

    private Path Find(string name)
    {
        var paths = loop.Current.World.Paths.Paths;
        return paths.FirstOrDefault(path => path.Name == name || path.Id.ToString() == name)
            ?? throw new RefusedException($"no path is called '{name}'{(paths.IsEmpty ? "" : "; there are " + string.Join(", ", paths.Select(path => path.Name)))}", [], isMissing: true);
    }

    private V1.Path Wire(Path path, Snapshot now)
    {
        var wire = PathTranslation.ToWire(path, now.World.Characteristics.Of(path.Id));
        wire.IsDisabled = now.World.Disabled.AsSpan().Contains(path.Id);
        if (loop.Inputs.Disabled.FirstOrDefault(one => one.Key == path.Id).Value is { } until)
        {
            wire.DisabledUntil = DecisionTranslation.ToWire(until);
        }
        if (now.Decision.Next.Penalties.FirstOrDefault(one => one.Path == path.Id) is { } penalty)
        {
            (wire.Penalty, wire.IsHeldDown) = (penalty.Value, penalty.IsSuppressed);
        }
        return wire;
    }
}
