using System.Collections.Frozen;

namespace Waymark.Policies;

/// <summary>
/// Names of applications that a policy may use without defining them, by the ports that IANA registered for their servers (Service Name and Transport Protocol
/// Port Number Registry). The server is the peer: <c>https</c> is what this node fetches; what it serves is written out (<c>tcp local port 443</c>).
/// A definition of the same name in a policy set goes before.
/// </summary>
public static class WellKnownApplications
{
    private static readonly FrozenDictionary<string, EquatableArray<Flow>> Table = new Dictionary<string, EquatableArray<Flow>>(StringComparer.Ordinal)
    {
        ["bgp"] = [Tcp(179)],
        ["dns"] = [Udp(53), Tcp(53)],
        ["dns-over-tls"] = [Tcp(853), Udp(853)],
        ["ftp"] = [Tcp(21), Tcp(20)],
        ["git"] = [Tcp(9418)],
        ["http"] = [Tcp(80)],
        ["https"] = [Tcp(443), Udp(443)],
        ["imap"] = [Tcp(143)],
        ["imaps"] = [Tcp(993)],
        ["ipp"] = [Tcp(631)],
        ["irc"] = [Tcp(6697), Tcp(194)],
        ["isakmp"] = [Udp(500), Udp(4500)],
        ["kerberos"] = [Udp(88), Tcp(88)],
        ["ldap"] = [Tcp(389)],
        ["ldaps"] = [Tcp(636)],
        ["mqtt"] = [Tcp(1883)],
        ["mqtts"] = [Tcp(8883)],
        ["mysql"] = [Tcp(3306)],
        ["nfs"] = [Tcp(2049), Udp(2049)],
        ["ntp"] = [Udp(123)],
        ["openvpn"] = [Udp(1194), Tcp(1194)],
        ["ping"] = [new Flow { Protocol = new FlowProtocol.Icmp([new(0, 0), new(8, 8)], []), Family = Flows.IpFamily.V4 },
                    new Flow { Protocol = new FlowProtocol.Icmp([new(128, 129)], []), Family = Flows.IpFamily.V6 }],
        ["pop3"] = [Tcp(110)],
        ["pop3s"] = [Tcp(995)],
        ["postgresql"] = [Tcp(5432)],
        ["radius"] = [Udp(1812, 1813)],
        ["rdp"] = [Tcp(3389), Udp(3389)],
        ["rsync"] = [Tcp(873)],
        ["rtsp"] = [Tcp(554), Udp(554)],
        ["sip"] = [Udp(5060), Tcp(5060)],
        ["sips"] = [Tcp(5061)],
        ["smb"] = [Tcp(445)],
        ["smtp"] = [Tcp(25)],
        ["snmp"] = [Udp(161, 162)],
        ["ssh"] = [Tcp(22)],
        ["stun"] = [Udp(3478), Tcp(3478)],
        ["submission"] = [Tcp(587), Tcp(465)],
        ["syslog"] = [Udp(514), Tcp(6514)],
        ["telnet"] = [Tcp(23)],
        ["tftp"] = [Udp(69)],
        ["vnc"] = [Tcp(5900)],
        ["wireguard"] = [Udp(51820)],
        ["xmpp"] = [Tcp(5222)],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All names, in ordinal order.</summary>
    public static IEnumerable<string> Names => Table.Keys.Order(StringComparer.Ordinal);

    /// <summary>The flows of the application of that name.</summary>
    public static bool TryFind(string name, out EquatableArray<Flow> flows) => Table.TryGetValue(name, out flows);

    private static Flow Tcp(uint port) => Of(TransportProtocol.Tcp, port, port);

    private static Flow Udp(uint low, uint? high = null) => Of(TransportProtocol.Udp, low, high ?? low);

    private static Flow Of(TransportProtocol protocol, uint low, uint high) =>
        new() { Protocol = new FlowProtocol.Transport(protocol, []), Peer = new() { Ports = [new(low, high)] } };
}
