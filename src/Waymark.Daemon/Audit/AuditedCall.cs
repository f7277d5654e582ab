using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Audit;

/// <summary>What a call asks to change: a feature of the call once its message has been read.</summary>
/// <param name="Subject">Of what.</param>
/// <param name="Detail">More of it, once it is done; empty before.</param>
/// <param name="IsOften">Whether programs ask for it every second.</param>
/// <param name="IsRecorded">Whether it is in the log already: a call that lasts is there when it begins.</param>
internal sealed record AuditedCall(string Subject, string Detail = "", bool IsOften = false, bool IsRecorded = false)
{
    /// <summary>Calls that change something, by their method's name, in the words of the command line. What only looks is in the log where it was refused.</summary>
    public static IReadOnlyDictionary<string, string> Changes { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Apply"] = "apply",
        ["Hold"] = "apply --while-connected",
        ["Withdraw"] = "withdraw",
        ["Undo"] = "undo",
        ["Confirm"] = "confirm",
        ["SetCharacteristics"] = "characteristic set",
        ["ClearCharacteristic"] = "characteristic clear",
        ["DisablePath"] = "path disable",
        ["EnablePath"] = "path enable",
        ["SetUsed"] = "quota set",
        ["Reload"] = "reload",
    };

    /// <summary>What a message asks to change; null: nothing.</summary>
    /// <param name="request">The message.</param>
    /// <param name="response">What was answered; null: nothing yet.</param>
    public static AuditedCall? Of(object request, object? response) => (request, response) switch
    {
        (_, V1.ApplyResponse { WasRepeated: true } or V1.WithdrawResponse { WasRepeated: true } or V1.UndoResponse { WasRepeated: true } or V1.ConfirmResponse { WasRepeated: true }) =>
            Of(request, null)! with { Detail = "asked for again; done once" },
        (V1.ApplyRequest apply, V1.ApplyResponse done) => new(
            apply.Name, done.WasUnchanged ? "unchanged" : $"{Count(done.Standings.Count, "policy", "policies")}, revision {Number(done.Revision)}{Until(done.ConfirmBy)}"),
        (V1.ApplyRequest apply, _) => new(apply.Name),
        (V1.HoldRequest hold, V1.HoldResponse done) => Of(new V1.ApplyRequest { Name = hold.Name }, done.Applied),
        (V1.HoldRequest hold, _) => new(hold.Name),
        (V1.WithdrawRequest withdraw, _) => new(withdraw.Requester.Length == 0 ? withdraw.Name : $"{withdraw.Name} of {withdraw.Requester}", $"withdrawn{Until((response as V1.WithdrawResponse)?.ConfirmBy)}"),
        (V1.UndoRequest, V1.UndoResponse done) => new(done.Name, $"{(done.IsInForce ? "as before" : "no longer in force")}{Until(done.ConfirmBy)}"),
        (V1.UndoRequest, _) => new(""),
        (V1.ConfirmRequest, V1.ConfirmResponse done) => new(string.Join(", ", done.Sets.Select(one => one.Name))),
        (V1.ConfirmRequest, _) => new(""),
        (V1.SetCharacteristicsRequest set, _) => new($"{set.Path}: {string.Join(", ", set.Settings.Select(one => one.Name).Take(10))}", IsOften: true),
        (V1.ClearCharacteristicRequest clear, _) => new($"{clear.Path}: {clear.Name}"),
        (V1.DisablePathRequest disable, _) => new(disable.Path, disable.Duration is { } length ? $"for {Number((ulong)Math.Max(0, length.Seconds))} s" : ""),
        (V1.EnablePathRequest enable, _) => new(enable.Path),
        (V1.SetUsedRequest used, _) => new(used.Path, $"{Number(used.UsedBytes)} bytes used"),
        (V1.ReloadRequest, _) => new(""),
        _ => null,
    };

    private static string Until(Timestamp? confirmBy) => confirmBy is null ? "" : $", to be confirmed by {confirmBy.ToDateTime():HH:mm:ss} UTC";

    private static string Count(int count, string one, string many) => $"{Number((ulong)count)} {(count == 1 ? one : many)}";

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
