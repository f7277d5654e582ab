using Grpc.Core;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Wire;
using Waymark.PathExamination;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Other programs say what they know of paths.</summary>
internal sealed class CharacteristicApi(OutsideBook book, RequesterRights rights, ReconcileLoop loop, AuditedCalls audit, TimeProvider time) : V1.CharacteristicService.CharacteristicServiceBase
{
    public override Task<V1.SetCharacteristicsResponse> SetCharacteristics(V1.SetCharacteristicsRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        var settings = CharacteristicTranslation.ToCore(request.Settings, out var diagnostics)
            ?? throw new RefusedException(diagnostics.Count == 1 ? "a characteristic is not said as it has to be" : $"there are {diagnostics.Count} mistakes in what is said", diagnostics);
        var said = book.Set(caller, request.Path, settings, Calls.LengthOf(request.Duration));
        audit.Accepted(context);
        var now = await loop.SettleAsync(context.CancellationToken);
        var characteristics = All(now).Where(one => said.Contains(one.Value)).OrderBy(one => said.IndexOf(one.Value)).Select(one => CharacteristicTranslation.ToWire(one.Value, one.Standing));
        return new V1.SetCharacteristicsResponse { Characteristics = { characteristics }, Revision = now.Revision };
    });

    public override Task<V1.ClearCharacteristicResponse> ClearCharacteristic(V1.ClearCharacteristicRequest request, ServerCallContext context) => Calls.Answer(async () =>
    {
        var caller = rights.Caller(context);
        book.Clear(caller, request.Path, request.Name, request.Requester.Length == 0 ? caller.Name : request.Requester);
        audit.Accepted(context);
        return new V1.ClearCharacteristicResponse { Revision = (await loop.SettleAsync(context.CancellationToken)).Revision };
    });

    public override Task<V1.ListCharacteristicsResponse> ListCharacteristics(V1.ListCharacteristicsRequest request, ServerCallContext context) => Calls.Answer(() =>
    {
        rights.Caller(context);
        var said = All(loop.Current).OrderBy(one => one.Value.Path, StringComparer.Ordinal).ThenBy(one => one.Value.Name, StringComparer.Ordinal).ThenBy(one => one.Value.Requester, StringComparer.Ordinal);
        return Task.FromResult(new V1.ListCharacteristicsResponse
        {
            Characteristics = { said.Select(one => CharacteristicTranslation.ToWire(one.Value, one.Standing)) },
            AsOf = DecisionTranslation.ToWire(time.GetUtcNow()),
        });
    });

    private IReadOnlyList<(OutsideValue Value, OutsideStanding Standing)> All(Snapshot now)
    {
        var state = loop.Inputs;
        return OutsideCharacteristics.Standings(state.Outside, now.World.Characteristics, now.World.Paths, state.Node, time.GetUtcNow());
    }
}
