using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>Who is at the other end of one connection over the network: a feature of the connection.</summary>
/// <param name="connection">The connection.</param>
internal sealed class RemotePeer(ConnectionContext connection)
{
    private string? requester, node;

    /// <summary>From where it comes; an IPv4 address is one also where it came to an IPv6 socket.</summary>
    public IPEndPoint From { get; } = connection.RemoteEndPoint is IPEndPoint end ? new(end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port) : new(IPAddress.None, 0);

    /// <summary>What it showed in its handshake, which was found to count then; null: the handshake is not done.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>Whose key it is: renewed certificates are of the same holder.</summary>
    public string Holder { get; private set; } = "";

    /// <summary>Why its certificate was refused; null: it was not, or none was shown.</summary>
    public string? Refusal { get; set; }

    /// <summary>As whom its calls were admitted, as the node file called him; null: it made none.</summary>
    public string? Requester => requester;

    /// <summary>As which peer it was admitted to the exchange; null: it was not.</summary>
    public string? Node => node;

    /// <summary>Whose addresses count as one: an IPv4 host, and of IPv6 a network of 64 bits, which one host has as many addresses of as it likes (RFC 4291 section 2.5.1).</summary>
    public IPAddress Source => From.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? new([.. From.Address.GetAddressBytes()[..8], .. new byte[8]]) : From.Address;

    /// <summary>The handshake is done. The certificate outlives it: it is asked about at each call.</summary>
    public void Establish(X509Certificate2 certificate)
    {
        Certificate = X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
        Holder = Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Admits a call of a requester; false where others of the connection were made as another.</summary>
    public bool TryAdmit(RequesterDeclaration requester) => IsFirstOrSame(ref this.requester, requester.Name);

    /// <summary>Admits the exchange of a peer; false where it was opened as another before.</summary>
    public bool TryAdmit(PeerDeclaration node) => IsFirstOrSame(ref this.node, node.Name);

    /// <summary>Its certificate, for whoever outlives the connection.</summary>
    public X509Certificate2 CopyCertificate() => X509CertificateLoader.LoadCertificate(Certificate!.RawDataMemory.Span);

    /// <summary>Ends the connection and every call in it.</summary>
    public void Abort(string why) => connection.Abort(new(why));

    private static bool IsFirstOrSame(ref string? known, string name) => (Interlocked.CompareExchange(ref known, name, null) ?? name) == name;
}
