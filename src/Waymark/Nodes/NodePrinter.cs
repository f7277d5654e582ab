using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Policies.Language;
using Waymark.Tariffs;
using Waymark.Units;

namespace Waymark.Nodes;

/// <summary>The canonical text of a node file: what differs from the defaults, always in the same order; reading it gives the value again.</summary>
public static class NodePrinter
{
    /// <summary>A whole file; ends with a line feed unless it is empty, as it is where everything is as without a file.</summary>
    public static string Print(NodeFile node)
    {
        var text = new StringBuilder();
        foreach (var line in Settings(node))
        {
            text.Append(line).Append(";\n");
        }
        foreach (var path in node.Paths)
        {
            text.Append(Print(path));
        }
        if (node.Forward is { } forward)
        {
            string[] masquerade = forward.Masquerade ? ["masquerade;"] : [];
            text.Append(StatementLayout.Block("forward", [$"from interface {string.Join(", ", forward.Interfaces.Select(PolicyPrinter.Name))};", .. masquerade]));
        }
        foreach (var (name, settings) in node.Probes)
        {
            text.Append(StatementLayout.Block($"probe {(name == "default" ? name : PolicyPrinter.Name(name))}", [.. Lines(settings)]));
        }
        if (node.Reflector is { } reflector)
        {
            text.Append(StatementLayout.Block("reflector", [.. Lines(reflector)]));
        }
        if (node.HoldDown != NodeFile.Default.HoldDown)
        {
            text.Append(StatementLayout.Block("hold-down",
                [Line("penalty", node.HoldDown.Penalty), Line("suppress", node.HoldDown.Suppress), Line("reuse", node.HoldDown.Reuse), $"half-life {Unit.Print(node.HoldDown.HalfLife)};"]));
        }
        if (node.Listen is { } listen)
        {
            text.Append(StatementLayout.Block("listen", [.. Lines(listen)]));
        }
        foreach (var peer in node.Peers)
        {
            text.Append(StatementLayout.Block($"peer {PolicyPrinter.Name(peer.Name)}", [.. Lines(peer)]));
        }
        if (node.Metrics is not null || node.MetricsPush is not null)
        {
            text.Append(StatementLayout.Block("dashboard",
            [
                .. node.Metrics is { } metrics ? [Line($"metrics {metrics.Address} port", metrics.Port)] : Array.Empty<string>(),
                .. node.MetricsPush is { } push ? [$"push {PolicyPrinter.Quote(push.Url)}{(push.Every == MetricsPush.UsualEvery ? "" : $" every {Unit.Print(push.Every)}")};"] : Array.Empty<string>(),
            ]));
        }
        foreach (var requester in node.Requesters.Skip(IsRootUnsaid(node.Requesters) ? 1 : 0))
        {
            text.Append(Print(requester));
        }
        return text.ToString();
    }

    /// <summary>What is said of one path, with its line feed.</summary>
    public static string Print(PathDeclaration path)
    {
        var lines = new List<string>();
        if (path.Match.Interface is { } device)
        {
            lines.Add($"interface {PolicyPrinter.Name(device)};");
        }
        if (path.Match.HardwareAddress is { } hardware)
        {
            lines.Add($"mac {hardware};");
        }
        if (path.Match.Driver is { } driver)
        {
            lines.Add($"driver {PolicyPrinter.Name(driver)};");
        }
        if (path.Match.Address is { } prefix)
        {
            lines.Add($"address {prefix};");
        }
        if (!path.Gateways.IsEmpty)
        {
            lines.Add($"gateway {string.Join(", ", path.Gateways)};");
        }
        if (path.Medium is { } medium)
        {
            lines.Add($"medium {PolicyPrinter.Name(medium)};");
        }
        lines.AddRange(path.Labels.Select(label => $"label {PolicyPrinter.Name(label.Key)} {PolicyPrinter.Quote(label.Value)};"));
        lines.AddRange(path.Numbers.Select(number => $"{number.Key} {Unit.Print(number.Value)};"));
        if (path.Tariff is { } tariff)
        {
            lines.AddRange(tariff.Tiers.Select((tier, i) => $"cost {Price(tier.Price)} from {Volume(tier.From)}{Until(tariff, i)};"));
        }
        lines.AddRange(path.Quotas.Select(quota => $"quota {Volume(quota.Volume)} {quota.Meter};"));
        AddFlag(lines, "metered", path.IsMetered);
        AddFlag(lines, "encrypted", path.IsEncrypted);
        AddFlag(lines, "ignore", path.IsIgnored);
        if (!path.Over.IsEmpty)
        {
            lines.Add($"over {string.Join(", ", path.Over.Select(PolicyPrinter.Name))};");
        }
        if (path.ProbeBudget is { } budget)
        {
            lines.Add($"probe-budget {budget};");
        }
        if (path.Peer is { } peer)
        {
            lines.Add($"peer {PolicyPrinter.Name(peer)};");
        }
        if (path.Shared is { } shared)
        {
            lines.Add(Line("shared", shared));
        }
        return StatementLayout.Block($"path {PolicyPrinter.Name(path.Name)}", lines);
    }

    /// <summary>One who may ask, with its line feed.</summary>
    public static string Print(RequesterDeclaration requester)
    {
        var lines = new List<string>();
        if (requester.User is { } user)
        {
            lines.Add($"user {PolicyPrinter.Name(user)};");
        }
        if (requester.Certificate is { } certificate)
        {
            lines.Add($"certificate {PolicyPrinter.Quote(certificate)};");
        }
        lines.Add(Line("rank", requester.Rank));
        AddFlag(lines, "may any", requester.MayAny);
        AddFlag(lines, "may administer", requester.MayAdminister);
        if (!requester.MayFlows.IsEmpty)
        {
            lines.Add($"may flows {PolicyPrinter.Print(requester.MayFlows)};");
        }
        lines.AddRange(requester.MaySet.Select(right =>
            $"may set {string.Join(", ", right.Names)}{(right.Paths.IsEmpty ? "" : " of " + string.Join(", ", right.Paths.Select(PolicyPrinter.Name)))};"));
        if (requester.ConfirmWithin is { } time)
        {
            lines.Add($"confirm within {Unit.Print(time)};");
        }
        return StatementLayout.Block($"requester {PolicyPrinter.Name(requester.Name)}", lines);
    }

    /// <summary>Bits of a mark.</summary>
    internal static string Mark(uint bits) => string.Create(CultureInfo.InvariantCulture, $"0x{bits:x}");

    private static IEnumerable<string> Settings(NodeFile node)
    {
        if (node.Name is { } name)
        {
            yield return $"node {PolicyPrinter.Quote(name)}";
        }
        if (node.FirewallMark != NodeFile.Default.FirewallMark)
        {
            yield return $"fwmark {Mark(node.FirewallMark)}";
        }
        if (node.ConntrackMark != NodeFile.Default.ConntrackMark)
        {
            yield return $"ctmark {Mark(node.ConntrackMark)}";
        }
        if (node.Tables != NodeFile.Default.Tables)
        {
            yield return $"table {PolicyPrinter.Print(node.Tables)}";
        }
        if (node.Priorities != NodeFile.Default.Priorities)
        {
            yield return $"priority {PolicyPrinter.Print(node.Priorities)}";
        }
        foreach (var mark in node.Bypass.AsEnumerable())
        {
            yield return $"bypass fwmark {Mark(mark)}";
        }
        if (node.IsStrictAtBoot)
        {
            yield return "strict at boot";
        }
    }

    private static IEnumerable<string> Lines(ProbeSettings settings)
    {
        if (settings.AreTargetsNamed)
        {
            foreach (var target in settings.Targets.AsEnumerable())
            {
                yield return $"{target.Kind} {Target(target)};";
            }
            if (settings.Targets.IsEmpty)
            {
                yield return "none;";
            }
        }
        if (settings.IsPaceNamed || settings.Every != ProbeSettings.Default.Every)
        {
            yield return $"every {Unit.Print(settings.Every)};";
        }
        if (settings.TrainEvery is { } train)
        {
            yield return $"train every {Unit.Print(train)};";
        }
        if (settings.Need != ProbeSettings.Default.Need)
        {
            yield return Line("need", settings.Need);
        }
        if (settings.DownAfter != ProbeSettings.Default.DownAfter)
        {
            yield return Line("down after", settings.DownAfter);
        }
        if (settings.UpAfter != ProbeSettings.Default.UpAfter)
        {
            yield return Line("up after", settings.UpAfter);
        }
        if (settings.DegradedWhen != ProbeSettings.Default.DegradedWhen)
        {
            yield return $"degraded when {PolicyPrinter.Print(settings.DegradedWhen)};";
        }
        if (settings.RestoredWhen != ProbeSettings.Default.RestoredWhen)
        {
            yield return $"restored when {PolicyPrinter.Print(settings.RestoredWhen)};";
        }
    }

    private static IEnumerable<string> Lines(ReflectorDeclaration reflector)
    {
        if (reflector.Port != ProbeTarget.Stamp.UsualPort)
        {
            yield return Line("port", reflector.Port);
        }
        if (reflector.KeyFile is { } key)
        {
            yield return $"key {PolicyPrinter.Quote(key)};";
        }
        if (!reflector.From.IsEmpty)
        {
            yield return $"from {string.Join(", ", reflector.From)};";
        }
    }

    private static IEnumerable<string> Lines(ListenDeclaration listen)
    {
        yield return $"address {string.Join(", ", listen.Addresses)};";
        yield return Line("port", listen.Port);
        yield return $"certificate {PolicyPrinter.Quote(listen.CertificateFile)};";
        yield return $"key {PolicyPrinter.Quote(listen.KeyFile)};";
        yield return $"authority {PolicyPrinter.Quote(listen.AuthorityFile)};";
        if (listen.RevocationFile is { } revocations)
        {
            yield return $"crl {PolicyPrinter.Quote(revocations)};";
        }
    }

    private static IEnumerable<string> Lines(PeerDeclaration peer)
    {
        if (peer.Host is { } host)
        {
            yield return $"address {(IpAddress.TryParse(host, out var address) ? address.ToString() : PolicyPrinter.Name(host))}{Word("port", peer.Port, ListenDeclaration.UsualPort)};";
        }
        yield return $"certificate {PolicyPrinter.Quote(peer.Certificate)};";
        if (!peer.Prefixes.IsEmpty)
        {
            yield return $"prefix {string.Join(", ", peer.Prefixes)};";
        }
        if (peer.Rank != PeerDeclaration.UsualRank)
        {
            yield return Line("rank", peer.Rank);
        }
        if (peer.Lease != PeerDeclaration.UsualLease)
        {
            yield return $"lease {Unit.Print(peer.Lease)};";
        }
        if (!peer.MayFlows.IsEmpty)
        {
            yield return $"may flows {PolicyPrinter.Print(peer.MayFlows)};";
        }
    }

    /// <summary>The end of a tier; by which meter all of them go stands at the first.</summary>
    private static string Until(Tariff tariff, int place) => (place + 1 < tariff.Tiers.Count ? $" to {Volume(tariff.Tiers[place + 1].From)}" : "") + (place == 0 ? $" {tariff.Meter}" : "");

    private static string Price(decimal price) => Unit.Print(new Quantity(price, Dimension.Price));

    private static string Volume(long bytes) => Unit.Print(new Quantity(bytes, Dimension.Volume));

    private static string Target(ProbeTarget target) => target switch
    {
        ProbeTarget.Icmp icmp => icmp.Address.ToString(),
        ProbeTarget.Stamp stamp => stamp.Address + Word("port", stamp.Port, ProbeTarget.Stamp.UsualPort) + (stamp.KeyFile is { } key ? $" key {PolicyPrinter.Quote(key)}" : ""),
        ProbeTarget.Tcp tcp => tcp.Address + Word("port", tcp.Port, 0),
        ProbeTarget.Http http => PolicyPrinter.Quote(http.Url) + Word("expect", http.Expect, ProbeTarget.Http.UsualStatus),
        ProbeTarget.Dns dns => dns.Server + (dns.Name == ProbeTarget.Dns.UsualName ? "" : $" name {PolicyPrinter.Quote(dns.Name)}"),
        ProbeTarget.Bfd bfd => bfd.Address + (bfd.IsMultihop ? " multihop" : "") + (bfd.Every is { } every ? $" every {Unit.Print(every)}" : ""),
        _ => throw new UnreachableException(),
    };

    private static string Word(string keyword, int value, int usual) => value == usual ? "" : string.Create(CultureInfo.InvariantCulture, $" {keyword} {value}");

    /// <summary>Whether the first requester is the root that every file has which names no other.</summary>
    private static bool IsRootUnsaid(EquatableArray<RequesterDeclaration> requesters) =>
        !requesters.IsEmpty && requesters[0] == NodeFile.Default.Requesters[0] && requesters.Skip(1).All(one => one.User is not ("root" or "0"));

    private static string Line(string keyword, int value) => string.Create(CultureInfo.InvariantCulture, $"{keyword} {value};");

    private static void AddFlag(List<string> lines, string keyword, bool isSet)
    {
        if (isSet)
        {
            lines.Add(keyword + ";");
        }
    }
}
