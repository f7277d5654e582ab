using System.Globalization;
using System.Text;
using Waymark.Flows;

namespace Waymark.Linux.Verification;

/// <summary>A packet as a flow of the policy language, so that it can be asked about again.</summary>
public static class PacketText
{
    /// <summary>The text.</summary>
    public static string Of(Packet packet)
    {
        var text = new StringBuilder(packet.Family == IpFamily.V4 ? "ip4 " : "ip6 ");
        text.Append(packet.Protocol switch { 6 => "tcp", 17 => "udp", 132 => "sctp", 1 or 58 => "icmp", 50 => "esp", 51 => "ah", var other => string.Create(CultureInfo.InvariantCulture, $"protocol {other}") });
        if (packet.IcmpType is { } type)
        {
            text.Append(CultureInfo.InvariantCulture, $" type {type} code {packet.IcmpCode}");
        }
        if (packet.Spi is { } spi)
        {
            text.Append(CultureInfo.InvariantCulture, $" spi {spi}");
        }
        End(text, "local", packet.Local, packet.LocalPort);
        End(text, "peer", packet.Peer, packet.PeerPort);
        Add(text, "dscp", packet.Dscp == 0 ? null : packet.Dscp);
        Add(text, "label", packet.FlowLabel is 0 or null ? null : packet.FlowLabel);
        Add(text, "by user", packet.User);
        Add(text, "by group", packet.Group);
        Add(text, "by app", packet.App);
        Add(text, "by cgroup", packet.Cgroup);
        Add(text, "from interface", packet.FromInterface);
        return text.ToString();
    }

    private static void End(StringBuilder text, string end, IpAddress address, ushort? port)
    {
        text.Append(' ').Append(end).Append(' ').Append(address.ToString());
        Add(text, "port", port);
    }

    private static void Add(StringBuilder text, string word, object? value)
    {
        if (value is not null)
        {
            text.Append(' ').Append(word).Append(' ').Append(Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }
}
