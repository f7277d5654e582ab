using System.Globalization;
using Waymark.Flows;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>
/// Selectors for people, on one line, in the language: what is printed whole can be given to <c>explain</c>, or be written into a policy. Only ranges of user and group ids have no words in it.
/// </summary>
internal static class SelectorText
{
    /// <summary>The flows with commas between them; beyond <paramref name="most"/> of them, or entries of a list, how many more there are.</summary>
    public static string Of(V1.FlowSelector selector, int most = 4)
    {
        var flows = selector.Boxes.SelectMany(box => Flows(box, most)).Distinct().Take(most + 1).ToList();
        if (flows.Count <= most)
        {
            return string.Join(", ", flows);
        }
        var all = selector.Boxes.Sum(box => (long)Count(box.User) * Count(box.Group) * Count(box.App) * Count(box.Cgroup) * Count(box.FromInterface) * Math.Max(1, box.Started.Count));
        return $"{string.Join(", ", flows.Take(most))}, and {all - most} more";
    }

    /// <summary>One flow for each combination of what the language has no lists for: ids, names, and who started it.</summary>
    private static IEnumerable<string> Flows(V1.FlowBox box, int most)
    {
        List<string> parts = [box.Family == V1.IpFamily.V4 ? "ip4" : "ip6"];
        List<string> left = [];
        Protocol(parts, left, box, most);
        End(parts, left, "local", box.Local, box.LocalPort, box.Family, most);
        End(parts, left, "peer", box.Peer, box.PeerPort, box.Family, most);
        Numbers(parts, left, "dscp", box.Dscp, highest: 63, most);
        Numbers(parts, left, "label", box.Family == V1.IpFamily.V4 ? null : box.FlowLabel, highest: FlowBox.AbsentLabel - 1, most);
        var alternatives =
            from user in Ids("by user", box.User)
            from @group in Ids("by group", box.Group)
            from app in Names("by app", box.App, PolicyPrinter.Name)
            from cgroup in Names("by cgroup", box.Cgroup, PolicyPrinter.Quote)
            from device in Names("from interface", box.FromInterface, PolicyPrinter.Name)
            from started in Started(box)
            select (Parts: new[] { user.Part, @group.Part, app.Part, cgroup.Part, device.Part, started }, Left: new[] { user.Left, @group.Left, app.Left, cgroup.Left, device.Left });
        foreach (var one in alternatives)
        {
            List<string> excluded = [.. left, .. one.Left.SelectMany(entries => entries)];
            yield return string.Join(' ', parts.Concat(one.Parts.Where(part => part.Length > 0)).Concat(excluded.Count > 0 ? [$"not ({string.Join(", ", excluded)})"] : Array.Empty<string>()));
        }
    }

    private static void Protocol(List<string> parts, List<string> left, V1.FlowBox box, int most)
    {
        var numbers = box.Protocol is { Ranges: [{ } only] } && only.Low == only.High ? (ulong?)only.Low : null;
        var name = numbers switch { 1 or 58 => "icmp", 6 => "tcp", 17 => "udp", 33 => "dccp", 50 => "esp", 51 => "ah", 132 => "sctp", 136 => "udplite", _ => null };
        // icmp is that of the family in the language; the other one is a number.
        if (numbers is { } number && name == "icmp" && (number == 1) != (box.Family == V1.IpFamily.V4))
        {
            name = null;
        }
        if (box.Protocol is { Ranges: [{ Low: 50, High: 51 }] })
        {
            name = "ipsec";
        }
        if (name is not null)
        {
            parts.Add(name);
        }
        else if (box.Protocol is { } set)
        {
            parts.Add("proto " + List(set, 255, most));
        }
        if (box.IcmpType is { } types)
        {
            if (Has(types, FlowBox.AbsentIcmp))
            {
                left.Add("icmp type " + List(Without(types, 255), most));
            }
            else
            {
                parts.Add((name == "icmp" ? "" : "icmp ") + "type " + List(types, 255, most));
            }
        }
        if (box.IcmpCode is { } codes)
        {
            if (Has(codes, FlowBox.AbsentIcmp))
            {
                left.Add("icmp type 0-255 code " + List(Without(codes, 255), most));
            }
            else
            {
                parts.Add((box.IcmpType is null || Has(box.IcmpType, FlowBox.AbsentIcmp) ? (name == "icmp" ? "" : "icmp ") + "type 0-255 " : "") + "code " + List(codes, 255, most));
            }
        }
        if (box.Spi is { } spis)
        {
            if (Has(spis, FlowBox.AbsentWord))
            {
                left.Add("ipsec spi " + List(Without(spis, uint.MaxValue), most));
            }
            else
            {
                parts.Add((name is "esp" or "ah" or "ipsec" ? "" : "ipsec ") + "spi " + List(spis, uint.MaxValue, most));
            }
        }
    }

    private static void End(List<string> parts, List<string> left, string word, V1.AddressSet? addresses, V1.NumberSet? ports, V1.IpFamily family, int most)
    {
        var isExclusion = ports is not null && Has(ports, FlowBox.AbsentPort);
        if (isExclusion)
        {
            left.Add($"{word} port {List(Without(ports!, 65535), most)}");
        }
        if (addresses is not null)
        {
            var prefixes = Prefixes(addresses, family);
            parts.Add($"{word} {string.Join(" | ", prefixes.Take(most))}{(prefixes.Count > most ? $" | ... ({prefixes.Count})" : "")}");
        }
        if (ports is not null && !isExclusion)
        {
            parts.Add($"{(addresses is null ? word + " " : "")}port {List(ports, 65535, most)}");
        }
    }

    private static void Numbers(List<string> parts, List<string> left, string word, V1.NumberSet? set, ulong highest, int most)
    {
        if (set is not null && Has(set, highest + 1))
        {
            left.Add($"{word} {List(Without(set, highest), most)}");
        }
        else if (set is not null)
        {
            parts.Add($"{word} {List(set, highest, most)}");
        }
    }

    /// <summary>As <see cref="Names"/>, of ids: the language has no lists of them either.</summary>
    private static IEnumerable<(string Part, IReadOnlyList<string> Left)> Ids(string word, V1.NumberSet? set) =>
        set is null ? [("", [])]
        : Has(set, FlowBox.AbsentWord) ? [("", [.. Without(set, uint.MaxValue).Select(range => $"{word} {Text(range)}")])]
        : set.Ranges.Select(range => ($"{word} {Text((range.Low, range.High))}", (IReadOnlyList<string>)[]));

    /// <summary>The alternatives, each with what is left out of it; one that says nothing where there is no constraint, or where only a few are left out.</summary>
    private static IEnumerable<(string Part, IReadOnlyList<string> Left)> Names(string word, V1.NameSet? set, Func<string, string> print)
    {
        if (set is null)
        {
            yield return ("", []);
            yield break;
        }
        string Text(V1.NameEntry entry) => $"{word} {print(entry.Name)}";
        // What an entry says of all below it, another entry takes back for what is below that.
        var left = set.Entries.Where(entry => !entry.Belongs).ToList();
        if (set.Otherwise)
        {
            yield return ("", [.. left.Select(Text)]);
        }
        foreach (var entry in set.Entries.Where(entry => entry.Belongs))
        {
            yield return (Text(entry), [.. left.Where(one => one.Name.StartsWith(entry.Name + "/", StringComparison.Ordinal)).Select(Text)]);
        }
    }

    private static int Count(V1.NumberSet? set) => set is null || Has(set, FlowBox.AbsentWord) ? 1 : set.Ranges.Count;

    private static int Count(V1.NameSet? set) => set is null ? 1 : set.Entries.Count(entry => entry.Belongs) + (set.Otherwise ? 1 : 0);

    private static IEnumerable<string> Started(V1.FlowBox box) => box.Started.Count == 0 ? [""]
        : box.Started.Select(one => "started " + one switch { V1.FlowStart.Here => "here", V1.FlowStart.Peer => "peer", _ => "forwarded" });

    private static List<IpPrefix> Prefixes(V1.AddressSet addresses, V1.IpFamily family)
    {
        var ranges = addresses.Ranges.Where(range => IpAddress.TryParse(range.Low, out _) && IpAddress.TryParse(range.High, out _))
            .Select(range => new NumberRange(IpAddress.Parse(range.Low).Bits, IpAddress.Parse(range.High).Bits)).ToArray();
        return [.. RangeSet.Of(ranges).ToPrefixes(family == V1.IpFamily.V4 ? IpFamily.V4 : IpFamily.V6)];
    }

    private static bool Has(V1.NumberSet set, long value) => Has(set, (ulong)value);

    private static bool Has(V1.NumberSet set, ulong value) => set.Ranges.Any(range => range.Low <= value && value <= range.High);

    /// <summary>The numbers up to <paramref name="highest"/> that are not in the set.</summary>
    private static List<(ulong Low, ulong High)> Without(V1.NumberSet set, ulong highest) =>
        [.. RangeSet.Of([.. set.Ranges.Select(range => new NumberRange(range.Low, range.High))]).Complement(highest).Ranges.Select(range => ((ulong)range.Low, (ulong)range.High))];

    private static string List(V1.NumberSet set, ulong highest, int most) => List([.. set.Ranges.Select(range => (range.Low, Math.Min(range.High, highest)))], most);

    private static string List(List<(ulong Low, ulong High)> ranges, int most) => ranges.Count == 1 ? Text(ranges[0])
        : $"{{{string.Join(", ", ranges.Take(most).Select(Text))}{(ranges.Count > most ? $", ... ({ranges.Count})" : "")}}}";

    private static string Text((ulong Low, ulong High) range) => range.Low == range.High
        ? range.Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.Low}-{range.High}");
}
