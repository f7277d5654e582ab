using System.Globalization;
using Waymark.Exchange.Wire;
using Waymark.Paths;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>Messages of the contract as words.</summary>
internal static class WireText
{
    /// <summary>A value in its unit.</summary>
    public static string Value(string characteristic, V1.Measured? measured) => measured is null ? "not measured" : FindingText.Value(characteristic, CoreValue(measured));

    /// <summary>A value with its age and how many samples it rests on.</summary>
    public static string ValueWithAge(string characteristic, V1.Measured? measured, DateTimeOffset now)
    {
        if (measured is null)
        {
            return "not measured";
        }
        var value = Value(characteristic, measured);
        if (measured.Samples == 0)
        {
            return $"{value} ({measured.Source})";
        }
        var age = now - measured.At.ToDateTimeOffset();
        return string.Create(CultureInfo.InvariantCulture, $"{(measured.IsEstimated ? "about " : "")}{value} ({measured.Source}, {Age(age)} ago, {measured.Samples} {(measured.Samples == 1 ? "sample" : "samples")})");
    }

    public static string Age(TimeSpan age) => age < TimeSpan.Zero ? "0 ms"
        : age < TimeSpan.FromSeconds(1) ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalMilliseconds:0} ms")
        : age < TimeSpan.FromMinutes(2) ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0.#} s")
        : age < TimeSpan.FromHours(2) ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min")
        : age < TimeSpan.FromDays(2) ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} h")
        : string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} d");

    /// <summary>A time of today or tomorrow, on the clock of whoever reads it.</summary>
    public static string TimeOfDay(Google.Protobuf.WellKnownTypes.Timestamp at) => at.ToDateTimeOffset().ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What becomes of flows.</summary>
    public static string Action(V1.FilterAction? action, Func<string, string> nameOf) => action?.KindCase switch
    {
        V1.FilterAction.KindOneofCase.Drop => "drop",
        V1.FilterAction.KindOneofCase.Use => nameOf(action.Use),
        V1.FilterAction.KindOneofCase.Spread => Spread(action.Spread.Shares, nameOf),
        V1.FilterAction.KindOneofCase.Duplicate => string.Join("+", action.Duplicate.Paths.Select(nameOf)),
        V1.FilterAction.KindOneofCase.Default => "system's own",
        _ => "system's own",
    };

    private static string Spread(IReadOnlyCollection<V1.PathShare> shares, Func<string, string> nameOf)
    {
        var whole = shares.Sum(share => share.Weight);
        return string.Join(" ", shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{nameOf(share.Path)} {share.Weight}/{whole}")));
    }

    public static string Standing(V1.Standing standing) => standing switch
    {
        V1.Standing.InForce => "in force",
        V1.Standing.NotElected => "condition false",
        V1.Standing.Unknown => "condition unknown",
        V1.Standing.Unresolved => "unresolved",
        V1.Standing.Duplicate => "duplicate",
        V1.Standing.Expired => "expired",
        V1.Standing.AtPeer => "at peer",
        _ => "?",
    };

    public static string Standing(V1.OutsideStanding standing) => standing switch
    {
        V1.OutsideStanding.InForce => "in force",
        V1.OutsideStanding.PathAway => "the path is away",
        V1.OutsideStanding.Configured => "the node file says otherwise",
        V1.OutsideStanding.Overruled => "a requester of lower rank says otherwise",
        V1.OutsideStanding.Forbidden => "its requester may not say it any more",
        _ => "?",
    };

    /// <summary>By what a set may go without anybody asking for it.</summary>
    public static string Term(V1.SetTerm? term) => term switch
    {
        null => "-",
        { ConfirmBy: { } at } => $"{TimeOfDay(at)} unless confirmed",
        { HeldUntil: { } at } => $"{TimeOfDay(at)} unless connected again",
        { IsHeld: true } => "while connected",
        _ => "?",
    };

    /// <summary>Where a policy comes from.</summary>
    public static string Origin(V1.PolicyOrigin origin)
    {
        var place = origin.Place is { Line: > 0 } at ? string.Create(CultureInfo.InvariantCulture, $":{at.Line}") : string.Create(CultureInfo.InvariantCulture, $"#{origin.Index}");
        return $"{origin.Set}{place}{(origin.HasPolicy ? $" {origin.Policy}" : "")}";
    }

    public static string Verdict(V1.CandidateVerdict verdict) => verdict switch
    {
        V1.CandidateVerdict.Chosen => FindingText.Verdict(CandidateVerdict.Chosen),
        V1.CandidateVerdict.NotPreferred => FindingText.Verdict(CandidateVerdict.NotPreferred),
        V1.CandidateVerdict.KeptOther => FindingText.Verdict(CandidateVerdict.KeptOther),
        V1.CandidateVerdict.HeldDown => FindingText.Verdict(CandidateVerdict.HeldDown),
        V1.CandidateVerdict.Violates => FindingText.Verdict(CandidateVerdict.Violates),
        V1.CandidateVerdict.Unknown => FindingText.Verdict(CandidateVerdict.Unknown),
        V1.CandidateVerdict.Down => FindingText.Verdict(CandidateVerdict.Down),
        V1.CandidateVerdict.NoFamily => FindingText.Verdict(CandidateVerdict.NoFamily),
        V1.CandidateVerdict.OutOfScope => FindingText.Verdict(CandidateVerdict.OutOfScope),
        V1.CandidateVerdict.Disabled => FindingText.Verdict(CandidateVerdict.Disabled),
        _ => "?",
    };

    /// <summary>A policy in the language, on one line.</summary>
    public static string Policy(V1.Policy wire)
    {
        var set = PolicySetTranslation.ToCore(new() { Statements = { new V1.Statement { Policy = wire } } }, "", out _);
        return set is null ? "" : PolicyPrinter.Print((Policy)set.Statements[0]);
    }

    public static CharacteristicValue CoreValue(V1.Measured measured) => measured.ValueCase switch
    {
        V1.Measured.ValueOneofCase.Flag => CharacteristicValue.Of(measured.Flag),
        V1.Measured.ValueOneofCase.Word => CharacteristicValue.Of(measured.Word),
        _ => CharacteristicValue.Of(measured.Number),
    };
}
