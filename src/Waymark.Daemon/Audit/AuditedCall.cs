using System.Globalization;
using Waymark.Daemon.Store;
using Waymark.Policies;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Audit;

/// <summary>What a call asks to change: a feature of the call once its message has been read.</summary>
/// <param name="Subject">Of what.</param>
/// <param name="Detail">More of it, for when it is done.</param>
/// <param name="IsOften">Whether programs ask for it every second.</param>
/// <param name="IsRecorded">Whether it is in the log already: what is done is there before its answer is waited for.</param>
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
    public static AuditedCall? Of(object request) => request switch
    {
        V1.ApplyRequest apply => new(apply.Name),
        V1.HoldRequest hold => new(hold.Name),
        V1.WithdrawRequest withdraw => new(withdraw.Requester.Length == 0 ? withdraw.Name : $"{withdraw.Name} of {withdraw.Requester}"),
        V1.UndoRequest => new(""),
        V1.ConfirmRequest => new(""),
        V1.SetCharacteristicsRequest set => new($"{set.Path}: {string.Join(", ", set.Settings.Select(one => one.Name).Take(10))}", IsOften: true),
        V1.ClearCharacteristicRequest clear => new($"{clear.Path}: {clear.Name}"),
        V1.DisablePathRequest disable => new(disable.Path, disable.Duration is { } length ? $"for {Number((ulong)Math.Max(0, length.Seconds))} s" : ""),
        V1.EnablePathRequest enable => new(enable.Path),
        V1.SetUsedRequest used => new(used.Path, $"{Number(used.UsedBytes)} bytes used"),
        V1.ReloadRequest => new(""),
        _ => null,
    };

    /// <summary>The same when a set was put in force.</summary>
    public AuditedCall Applied(PolicySet set, ChangeOutcome done) => this with
    {
        Detail = done.IsRepeated ? Again : done.IsChange ? $"{Count(CountOf(set.Statements), "policy", "policies")}{Until(done)}" : "unchanged",
    };

    /// <summary>The same when a set was withdrawn.</summary>
    public AuditedCall Withdrawn(ChangeOutcome done) => this with { Detail = done.IsRepeated ? Again : $"withdrawn{Until(done)}" };

    /// <summary>The same when a change was undone.</summary>
    public AuditedCall Undone(ChangeOutcome done) => this with { Subject = done.Name, Detail = done.IsRepeated ? Again : $"{(done.IsInForce ? "as before" : "no longer in force")}{Until(done)}" };

    /// <summary>The same when changes were confirmed.</summary>
    public AuditedCall Confirmed(ChangeOutcome done) => this with { Subject = string.Join(", ", done.Sets.Select(one => one.Name)), Detail = done.IsRepeated ? Again : "" };

    private const string Again = "asked for again; done once";

    private static string Until(ChangeOutcome done) => done.ConfirmBy is not { } until ? "" : string.Create(CultureInfo.InvariantCulture, $", to be confirmed by {until.UtcDateTime:HH:mm:ss} UTC");

    private static int CountOf(EquatableArray<Statement> statements) => statements.Sum(one => one is PolicyRule rule ? CountOf(rule.Then) + CountOf(rule.Otherwise) : 1);

    private static string Count(int count, string one, string many) => $"{Number((ulong)count)} {(count == 1 ? one : many)}";

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
