using System.Globalization;
using System.Net;
using Waymark.Exchange.Certificates;
using Waymark.Nodes;

namespace Waymark.Exchange.NodeCalls;

/// <summary>Where a node listens for requesters of other hosts, and by that whom its certificate has to name.</summary>
/// <param name="Host">The node's DNS name or address.</param>
/// <param name="Port">Its TCP port, 1 to 65535.</param>
public sealed record ServerAddress(CertificateName Host, int Port)
{
    /// <summary>Reads <c>HOST</c>, <c>HOST:PORT</c>, and of IPv6 addresses <c>ADDRESS</c> and <c>[ADDRESS]:PORT</c>; null where it is none of these.</summary>
    /// <param name="text">What a person wrote.</param>
    /// <param name="usualPort">The port where he wrote none.</param>
    public static ServerAddress? Parse(string text, int usualPort = ListenDeclaration.UsualPort)
    {
        var (host, port) = (text, "");
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < text.Length && text[end + 1] != ':'))
            {
                return null;
            }
            (host, port) = (text[1..end], text[(end + 1)..]);
        }
        else if (text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon == text.LastIndexOf(':'))
        {
            (host, port) = (text[..colon], text[colon..]);
        }
        var number = usualPort;
        if (port.Length > 0 && (!int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is 0 or > ushort.MaxValue))
        {
            return null;
        }
        return CertificateName.Parse(host) is { Form: CertificateNameForm.Dns or CertificateNameForm.Address } name ? new(name, number) : null;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bracketed}:{Port}");

    /// <summary>The host as it stands in front of a port.</summary>
    internal string Bracketed => Host.Form == CertificateNameForm.Address && IPAddress.Parse(Host.Text).AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Host.Text}]" : Host.Text;
}
