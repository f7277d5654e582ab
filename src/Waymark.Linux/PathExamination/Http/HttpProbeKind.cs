using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Tcp;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.Http;

/// <summary>Requests for pages to <see cref="ProbeTarget.Http"/> targets.</summary>
/// <param name="time">The clock.</param>
/// <param name="resolve">Finds hosts' addresses; null: this node's resolver.</param>
/// <param name="roots">Who may vouch for servers of <c>https</c>; null: those that this system trusts.</param>
public sealed class HttpProbeKind(TimeProvider time, ResolveName? resolve = null, X509Certificate2Collection? roots = null) : IProbeKind
{
    /// <summary>What is said beside the page's address, there and back, of a page that is made for such questions.</summary>
    private const int UsualBytes = 700;

    /// <summary>Request and answer, each with its acknowledgement.</summary>
    private const int UsualPackets = 4;

    /// <summary>A handshake of TLS 1.3 (RFC 8446) with a server whose certificate has two others behind it.</summary>
    private const int SecureBytes = 6000, SecurePackets = 8;

    /// <inheritdoc/>
    public string Name => "http";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Http;

    /// <summary>Of the answer that is expected; how much certificates take, and what a portal says, nobody can know beforehand.</summary>
    public int BytesOf(ProbeTarget target, IpFamily family)
    {
        var url = ((ProbeTarget.Http)target).Url;
        var isSecure = url.StartsWith(Uri.UriSchemeHttps + ":", StringComparison.OrdinalIgnoreCase);
        var packets = UsualPackets + (isSecure ? SecurePackets : 0);
        // With time stamps TCP has a header of 32 bytes.
        return TcpProbeKind.HandshakeBytes + (packets * 32) + ((TcpProbeKind.HandshakePackets + packets) * (family == IpFamily.V4 ? 20 : 40))
            + url.Length + UsualBytes + (isSecure ? SecureBytes : 0);
    }

    /// <inheritdoc/>
    public IProbe Open(IpFamily family, string device, ulong seed) => new HttpProbe(family, device, resolve ?? ResolveAsync, roots, time);

    private static async Task<IpAddress?> ResolveAsync(string host, IpFamily family, CancellationToken cancellationToken)
    {
        var wanted = family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        // Of both families: where a host has the other one only, that is no failure of the resolver.
        var found = await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken);
        return Array.Find(found, one => one.AddressFamily == wanted) is { } address ? IpAddress.From(address) : null;
    }
}
