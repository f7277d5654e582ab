using Waymark.Flows;

namespace Waymark.Nodes;

/// <summary>Where requesters of other hosts are listened for, over TLS 1.3 (RFC 8446).</summary>
/// <param name="Addresses">Addresses of this node, at least one; the unspecified one of a family for all, <c>::</c> for all of both.</param>
/// <param name="Port">The TCP port, 1 to 65535.</param>
/// <param name="CertificateFile">This node's certificate in PEM.</param>
/// <param name="KeyFile">Its key in PEM, which nobody but its owner may read.</param>
/// <param name="AuthorityFile">Certificates, in PEM, of the authorities whose requesters may come.</param>
/// <param name="RevocationFile">Their revocation lists, in PEM; null: nothing is taken back.</param>
public sealed record ListenDeclaration(EquatableArray<IpAddress> Addresses, int Port, string CertificateFile, string KeyFile, string AuthorityFile, string? RevocationFile)
{
    /// <summary>The port where none is said. No port is registered for this.</summary>
    public const int UsualPort = 7443;
}
