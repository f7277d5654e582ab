using System.Globalization;
using System.IO;
using System.Text;
using Waymark.Flows;

namespace Waymark.Cli.PacketFiles;

/// <summary>
/// A packet as a line of a table: protocol (a number or a name), local address, local port, peer address, peer port, code point; separated by commas. Ports that a packet does not
/// have, and a code point of 0, may be empty or <c>-</c>; the code point may be left out.
/// </summary>
internal static class PacketLine
{
    /// <summary>The line that a file may begin with.</summary>
    public const string Header = "protocol,local address,local port,peer address,peer port,dscp";

    /// <summary>More than the longest packet takes.</summary>
    private const int MostCharacters = 300;

    private static readonly Dictionary<string, byte> Protocols = new(StringComparer.OrdinalIgnoreCase)
    {
        ["icmp"] = 1, ["tcp"] = 6, ["udp"] = 17, ["dccp"] = 33, ["gre"] = 47, ["esp"] = 50, ["ah"] = 51, ["icmpv6"] = 58, ["sctp"] = 132, ["udplite"] = 136,
    };

    /// <summary>
    /// The next line, or as much of it as tells that it is too long: what is called a table may be anything, and have no line ends. Null at the end, and once it is cancelled.
    /// </summary>
    public static string? ReadText(TextReader packets, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        int next;
        while ((next = packets.Read()) is not (-1 or '\n' or '\r') && !cancellationToken.IsCancellationRequested)
        {
            if (line.Length <= MostCharacters)
            {
                line.Append((char)next);
            }
        }
        if (next == '\r' && packets.Peek() == '\n')
        {
            packets.Read();
        }
        return cancellationToken.IsCancellationRequested || (next < 0 && line.Length == 0) ? null : line.ToString();
    }

    /// <summary>Whether the line names the columns and is no packet.</summary>
    public static bool IsHeader(string line) => line.StartsWith("proto", StringComparison.OrdinalIgnoreCase);

    /// <summary>The packet, as the first of a flow that this host begins; null with the reason where the line is none.</summary>
    public static Packet? TryRead(string line, out string mistake)
    {
        mistake = "";
        if (line.Length > MostCharacters || line.Any(one => char.IsControl(one) && one != '\t'))
        {
            // Not shown again: a terminal would obey it.
            mistake = "this is no text, or longer than any packet";
            return null;
        }
        var fields = line.Split(',', StringSplitOptions.TrimEntries);
        if (fields.Length is < 5 or > 6)
        {
            mistake = $"{fields.Length} columns; there are 5 or 6: {Header}";
            return null;
        }
        if (!byte.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var protocol) && !Protocols.TryGetValue(fields[0], out protocol))
        {
            mistake = $"'{fields[0]}' is no protocol: a number from 0 to 255, or one of {string.Join(", ", Protocols.Keys)}";
            return null;
        }
        if (!IpAddress.TryParse(fields[1], out var local) || !IpAddress.TryParse(fields[3], out var peer))
        {
            mistake = $"'{(IpAddress.TryParse(fields[1], out _) ? fields[3] : fields[1])}' is no address";
            return null;
        }
        if (local.Family != peer.Family)
        {
            mistake = $"{local} and {peer} are of different families";
            return null;
        }
        if (!TryPort(fields[2], out var localPort) || !TryPort(fields[4], out var peerPort))
        {
            mistake = $"'{(TryPort(fields[2], out _) ? fields[4] : fields[2])}' is no port: a number from 0 to 65535, or nothing";
            return null;
        }
        byte dscp = 0;
        if (fields.Length == 6 && fields[5] is not ("" or "-") && (!byte.TryParse(fields[5], NumberStyles.None, CultureInfo.InvariantCulture, out dscp) || dscp > 63))
        {
            mistake = $"'{fields[5]}' is no code point: a number from 0 to 63";
            return null;
        }
        var (hasPorts, isIcmp) = (protocol is 6 or 17 or 33 or 132 or 136, protocol is 1 or 58);
        return new()
        {
            Protocol = protocol,
            Local = local,
            Peer = peer,
            // Tables of flows give ports, or zeros, to every protocol.
            LocalPort = hasPorts ? localPort ?? 0 : null,
            PeerPort = hasPorts ? peerPort ?? 0 : null,
            // An echo request.
            IcmpType = isIcmp ? (byte)(protocol == 1 ? 8 : 128) : null,
            IcmpCode = isIcmp ? (byte)0 : null,
            Spi = protocol is 50 or 51 ? 1u : null,
            FlowLabel = local.Family == IpFamily.V6 ? 0u : null,
            Dscp = dscp,
        };
    }

    private static bool TryPort(string text, out ushort? port)
    {
        var given = text is not ("" or "-");
        var good = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        port = given ? number : null;
        return good || !given;
    }
}
