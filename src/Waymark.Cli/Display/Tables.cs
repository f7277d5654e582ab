using System.Globalization;
using Spectre.Console;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>What commands show to people: columns without lines around them, as other tools of the trade do.</summary>
internal static class Tables
{
    private static readonly string[] Measurements = ["rtt", "jitter", "loss", "bandwidth", "cost"];

    public static void WritePaths(V1.ListPathsResponse answer)
    {
        if (answer.Paths.Count == 0)
        {
            Console.WriteLine("No path: no interface with a default route. Give one an address and a default route, or declare it in the node file.");
            return;
        }
        var table = Columns("NAME", "ID", "STATE", "IPV4", "IPV6", "RTT", "JITTER", "LOSS", "BANDWIDTH", "COST", "MEDIUM", "FLOWS");
        foreach (var path in answer.Paths)
        {
            var known = path.Characteristics.ToDictionary(one => one.Name, one => one.Measured, StringComparer.Ordinal);
            table.AddRow(
                [new Text(path.Name), new Text(path.Id), State(path, known, answer), .. new[] { V1.IpFamily.V4, V1.IpFamily.V6 }.Select(family => new Text(Address(path, family))),
                .. Measurements.Select(name => new Text(known.TryGetValue(name, out var measured) ? WireText.Value(name, measured) : name == "cost" ? "0" : "-")),
                new Text(known.TryGetValue("medium", out var medium) ? medium.Word : "-"), new Text(Flows(path))]);
        }
        Invocation.Console.Write(table);
    }

    /// <summary>How many flows are on a path.</summary>
    public static string Flows(V1.Path path) => path.HasFlowCount ? path.FlowCount.ToString(System.Globalization.CultureInfo.InvariantCulture) : "-";

    public static void WriteCharacteristics(V1.ListCharacteristicsResponse answer)
    {
        if (answer.Characteristics.Count == 0)
        {
            Console.WriteLine("No program says anything of a path. One can: 'waymark characteristic set lte lte.rsrp -97 for 30 s'.");
            return;
        }
        var now = answer.AsOf.ToDateTimeOffset();
        var table = Columns("PATH", "CHARACTERISTIC", "VALUE", "BY", "AGE", "LEFT", "STANDING");
        foreach (var one in answer.Characteristics)
        {
            var (name, measured) = (one.Characteristic.Name, one.Characteristic.Measured);
            table.AddRow(
                new Text(one.Path), new Text(name), new Text(WireText.Value(name, measured)), new Text(measured.Source), new Text(WireText.Age(now - measured.At.ToDateTimeOffset())),
                new Text(one.Until is null ? "-" : WireText.Age(one.Until.ToDateTimeOffset() - now)),
                new Text(WireText.Standing(one.Standing), one.Standing == V1.OutsideStanding.InForce ? new(Color.Green) : new(Color.Grey)));
        }
        Invocation.Console.Write(table);
    }

    public static void WritePolicies(V1.GetDecisionResponse answer)
    {
        WriteStandings(answer);
        var shown = answer.Standings.Select(one => (one.Origin.Requester, one.Origin.Set)).ToHashSet();
        foreach (var term in answer.Terms.Where(one => one.ConfirmBy is not null && !shown.Contains((one.Requester, one.Set))))
        {
            Console.WriteLine($"{term.Set} of {term.Requester}: withdrawn, and as before at {WireText.TimeOfDay(term.ConfirmBy)} unless confirmed");
        }
    }

    private static void WriteStandings(V1.GetDecisionResponse answer)
    {
        if (answer.Standings.Count == 0)
        {
            Console.WriteLine("No policy. Write one, for example 'any prefer lowest rtt;', and run 'waymark apply -f FILE'.");
            return;
        }
        var classes = answer.Classes.ToDictionary(one => one.Number);
        var names = Names(answer);
        var terms = answer.Terms.ToDictionary(one => (one.Requester, one.Set));
        var table = Columns(["ORIGIN", "REQUESTER", "STANDING", "IPV4", "IPV6", .. terms.Count > 0 ? ["TERM"] : Array.Empty<string>(), "POLICY"]);
        foreach (var standing in answer.Standings)
        {
            var mine = standing.Classes.Select(number => classes.GetValueOrDefault(number)).OfType<V1.FilterClass>().ToList();
            Text[] cells =
            [
                new(WireText.Origin(standing.Origin)),
                new(standing.Origin.Requester),
                new(standing.Standing == V1.Standing.AtPeer ? PeerTable.Standing(standing) : WireText.Standing(standing.Standing), standing.Standing switch
                {
                    V1.Standing.InForce => new(Color.Green),
                    V1.Standing.AtPeer when standing.Peers.Count > 0 && standing.Peers.All(one => one.IsConnected && one.State == V1.RuleState.Installed) => new(Color.Green),
                    V1.Standing.Unresolved => new(Color.Red),
                    _ => new(Color.Grey),
                }),
                new(string.Join("; ", mine.Select(one => WireText.Action(one.V4, names)).Distinct())),
                new(string.Join("; ", mine.Select(one => WireText.Action(one.V6, names)).Distinct())),
                .. terms.Count > 0 ? [new Text(WireText.Term(terms.GetValueOrDefault((standing.Origin.Requester, standing.Origin.Set))))] : Array.Empty<Text>(),
                new(WireText.Policy(standing.Policy)),
            ];
            table.AddRow(cells);
        }
        Invocation.Console.Write(table);
    }

    public static void WriteRules(V1.ListFilterRulesResponse answer)
    {
        if (answer.Rules.Count == 0)
        {
            Console.WriteLine("No filter rule: every flow takes the system's own routing.");
            return;
        }
        var table = Columns("CLASS", "ORIGIN", "ENDS", "FLOWS");
        foreach (var rule in answer.Rules)
        {
            table.AddRow(
                new Text(rule.Class.ToString(CultureInfo.InvariantCulture)),
                new Text(WireText.Origin(rule.Origin)),
                new Text(rule.EndsAt is null ? "-" : rule.EndsAt.ToDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
                new Text(SelectorText.Of(rule.Selector)));
        }
        Invocation.Console.Write(table);
    }

    public static void WriteRequesters(V1.GetDecisionResponse answer)
    {
        var table = Columns("NAME", "RANK", "SETS", "POLICIES");
        foreach (var requester in answer.Requesters)
        {
            table.AddRow(requester.Name, Number(requester.Rank), Number(requester.SetCount), Number(requester.PolicyCount));
        }
        Invocation.Console.Write(table);
    }

    public static void WriteUnresolved(IEnumerable<V1.Unresolved> unresolved)
    {
        foreach (var one in unresolved)
        {
            Console.WriteLine($"{WireText.Origin(one.Origin)}: {one.Code}: {one.Message}");
            foreach (var candidate in (one.Reason?.V4 ?? one.Reason?.V6)?.Candidates ?? [])
            {
                Console.WriteLine($"    {candidate.Name}: {ExplanationText.Why(candidate, DateTimeOffset.UnixEpoch, withAge: false)}");
            }
        }
    }

    public static void WritePlan(V1.PlanResponse answer, Func<string, string> nameOf)
    {
        if (answer.Policies.Count == 0 && answer.Flows.Count == 0)
        {
            Console.WriteLine("Nothing would change.");
            return;
        }
        foreach (var policy in answer.Policies)
        {
            var (sign, color) = policy.HasBefore ? policy.HasAfter ? ("~", Color.Yellow) : ("-", Color.Red) : ("+", Color.Green);
            var standing = policy.HasBefore && policy.HasAfter ? $"{WireText.Standing(policy.Before)} -> {WireText.Standing(policy.After)}" : WireText.Standing(policy.HasAfter ? policy.After : policy.Before);
            Invocation.Console.Write(new Text($"{sign} {WireText.Origin(policy.Origin)} [{standing}] {WireText.Policy(policy.Policy)}\n", new(color)));
        }
        if (answer.Flows.Count > 0)
        {
            var table = Columns("FLOWS", "NOW", "THEN", "BY");
            foreach (var change in answer.Flows)
            {
                table.AddRow(SelectorText.Of(change.Selector).EscapeMarkup(), WireText.Action(change.Before, nameOf), WireText.Action(change.After, nameOf), change.Origin is null ? "-" : WireText.Origin(change.Origin).EscapeMarkup());
            }
            Invocation.Console.Write(table);
        }
        WriteUnresolved(answer.Unresolved);
    }

    /// <summary>How the kernel stands, and in what colour that is said.</summary>
    public static (string Text, Color Color) Kernel(V1.GetStatusResponse answer) => answer.KernelState switch
    {
        V1.KernelState.InStep => ("in step with the decision", Color.Green),
        V1.KernelState.Pending when answer.Revision == 0 => ("waiting for the first decision", Color.Red),
        V1.KernelState.Pending => ("being told the last decision", Color.Yellow),
        V1.KernelState.Failed => ($"refused the last change, the state before stays in force: {answer.KernelMessage}", Color.Red),
        V1.KernelState.Contested => ($"others change it again and again: {answer.KernelMessage}", Color.Red),
        _ => ("?", Color.Red),
    };

    public static void WriteStatus(V1.GetStatusResponse answer)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false }.AddColumn(new TableColumn("") { NoWrap = true }).AddColumn("");
        void Row(string name, string value, Style? style = null) => table.AddRow(new Text(name), new Text(value, style));
        Row("node", answer.Node);
        Row("waymarkd", $"{answer.Version}, process {answer.Pid}, up {WireText.Age(answer.Uptime.ToTimeSpan())}, {answer.ResidentBytes / 1e6:0} MB");
        var (kernel, color) = Kernel(answer);
        Row("kernel", kernel, new(color));
        Row("revision", Number(answer.Revision));
        Row("paths", $"{answer.PathCount}, {answer.PathUpCount} up");
        Row("policies", $"{answer.PolicyCount} in force{(answer.UnresolvedCount > 0 ? $", {answer.UnresolvedCount} unresolved ('waymark get unresolved')" : "")}");
        foreach (var changes in answer.Unconfirmed)
        {
            Row("unconfirmed", $"{changes.SetCount} {(changes.SetCount == 1 ? "set" : "sets")} of {changes.Requester}: taken back at {WireText.TimeOfDay(changes.ConfirmBy)} unless confirmed", new(Color.Yellow));
        }
        Row("rules", $"{answer.FilterRuleCount} in {answer.ClassCount} classes");
        Row("node file", answer.NodeFile.Length == 0 ? "none: everything has its default" : answer.NodeFile);
        Row("policies in", answer.PolicyDirectory);
        if (answer.PeerCount > 0)
        {
            Row("peers", $"{answer.PeerCount}, {answer.PeerConnectedCount} connected{(answer.PeerConnectedCount < answer.PeerCount ? " ('waymark get peers')" : "")}");
        }
        if (answer.Remote is { } remote)
        {
            Row("other hosts", (remote.IsListening ? $"at {string.Join(", ", remote.Endpoints)}, {remote.ConnectionCount} connected" : $"not listened for at {string.Join(", ", remote.Endpoints)}")
                + (remote.CertificateUntil is { } until ? $"; certificate until {until.ToDateTime():yyyy-MM-dd}" : ""), new(remote.IsListening ? Color.Default : Color.Red));
            if (remote.Fault.Length > 0)
            {
                Row("", remote.Fault, new(Color.Red));
            }
        }
        Invocation.Console.Write(table);
    }

    /// <summary>What paths are called in a decision: by its candidates.</summary>
    public static Func<string, string> Names(V1.GetDecisionResponse answer)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var candidate in answer.Classes.SelectMany(one => (one.Reason?.V4?.Candidates ?? []).Concat(one.Reason?.V6?.Candidates ?? [])))
        {
            names.TryAdd(candidate.Path, candidate.Name);
        }
        return id => names.GetValueOrDefault(id, id);
    }

    public static Table Columns(params string[] names)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var name in names)
        {
            table.AddColumn(new TableColumn(new Text(name, new(Color.Grey))) { Padding = new(0, 0, 2, 0), NoWrap = Invocation.Console.Profile.Width >= 400 });
        }
        return table;
    }

    public static Text State(V1.Path path, IReadOnlyDictionary<string, V1.Measured> known, V1.ListPathsResponse answer)
    {
        var (text, color) = StateOf(path, known, answer);
        return new(text, new(color));
    }

    /// <summary>How a path fares, in words, with the color of it.</summary>
    public static (string Text, Color Color) StateOf(V1.Path path, IReadOnlyDictionary<string, V1.Measured> known, V1.ListPathsResponse answer)
    {
        if (path.IsDisabled)
        {
            var left = path.DisabledUntil is { } until ? $" {WireText.Age(until.ToDateTimeOffset() - answer.AsOf.ToDateTimeOffset())}" : "";
            return ($"disabled{left}", Color.Grey);
        }
        if (!path.HasCarrier)
        {
            return ("no carrier", Color.Red);
        }
        if (path.Halves.Count == 0)
        {
            return ("no address or route", Color.Red);
        }
        var up = path.Halves.Where(half => !known.TryGetValue(half.Family == V1.IpFamily.V4 ? "up/ip4" : "up/ip6", out var measured) || measured.Flag).Select(half => half.Family).ToList();
        var estimated = path.Halves.All(half => !known.TryGetValue(half.Family == V1.IpFamily.V4 ? "up/ip4" : "up/ip6", out var measured) || measured.IsEstimated);
        return up.Count == 0 ? ("down", Color.Red)
            : path.IsHeldDown ? ("up, held down", Color.Yellow)
            : up.Count < path.Halves.Count ? ($"up ({(up[0] == V1.IpFamily.V4 ? "IPv4" : "IPv6")} only)", Color.Yellow)
            : known.TryGetValue("degraded", out var degraded) && degraded.Flag ? ("up, degraded", Color.Yellow)
            : (estimated ? "up (link only)" : "up", Color.Green);
    }

    private static string Address(V1.Path path, V1.IpFamily family) => path.Halves.FirstOrDefault(half => half.Family == family)?.Locators.FirstOrDefault() ?? "-";

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
