using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>Selectors for people: near the language, complete, on one line.</summary>
internal static class SelectorText
{
    /// <summary>The boxes with commas between them; beyond <paramref name="most"/>, how many more there are.</summary>
    public static string Of(V1.FlowSelector selector, int most = 4)
    {
        var shown = string.Join(", ", selector.Boxes.Take(most).Select(Of).Distinct());
        return selector.Boxes.Count > most ? $"{shown}, and {selector.Boxes.Count - most} more" : shown;
    }

    private static string Of(V1.FlowBox box)
    {
        var parts = new List<string> { box.Family == V1.IpFamily.V4 ? "ip4" : "ip6" };
        Add(parts, "proto", box.Protocol, Protocol);
        End(parts, "local", box.Local, box.LocalPort);
        End(parts, "peer", box.Peer, box.PeerPort);
        Add(parts, "type", box.IcmpType);
        Add(parts, "code", box.IcmpCode);
        Add(parts, "spi", box.Spi);
        Add(parts, "dscp", box.Dscp);
        Add(parts, "label", box.FlowLabel);
        Add(parts, "by user", box.User);
        Add(parts, "by group", box.Group);
        Add(parts, "by app", box.App);
        Add(parts, "by cgroup", box.Cgroup);
        Add(parts, "from interface", box.FromInterface);
        if (box.Started.Count > 0)
        {
            parts.Add("started " + string.Join(" or ", box.Started.Select(one => one switch { V1.FlowStart.Here => "here", V1.FlowStart.Peer => "peer", _ => "forwarded" })));
        }
        return string.Join(' ', parts);
    }

    private static void End(List<string> parts, string word, V1.AddressSet? addresses, V1.NumberSet? ports)
    {
        if (addresses is null && ports is null)
        {
            return;
        }
        parts.Add(word);
        if (addresses is not null)
        {
            parts.Add(string.Join('|', addresses.Ranges.Take(3).Select(range => range.Low == range.High ? range.Low : $"{range.Low}-{range.High}")) + (addresses.Ranges.Count > 3 ? $"|... ({addresses.Ranges.Count})" : ""));
        }
        Add(parts, "port", ports);
    }

    private static void Add(List<string> parts, string word, V1.NumberSet? set, Func<ulong, string>? name = null)
    {
        if (set is null)
        {
            return;
        }
        name ??= number => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var ranges = set.Ranges.Take(4).Select(range => range.Low == range.High ? name(range.Low) : $"{name(range.Low)}-{name(range.High)}");
        var text = string.Join('|', ranges) + (set.Ranges.Count > 4 ? $"|... ({set.Ranges.Count})" : "");
        parts.Add(word == "proto" && set.Ranges.Count == 1 && set.Ranges[0].Low == set.Ranges[0].High && !char.IsAsciiDigit(text[0]) ? text : $"{word} {text}");
    }

    private static void Add(List<string> parts, string word, V1.NameSet? set)
    {
        if (set is not null)
        {
            parts.Add((set.Otherwise ? "not " : "") + word + " " + string.Join('|', set.Entries.Where(entry => entry.Belongs != set.Otherwise).Select(entry => entry.Name)));
        }
    }

    private static string Protocol(ulong number) => number switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        132 => "sctp",
        136 => "udplite",
        _ => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
