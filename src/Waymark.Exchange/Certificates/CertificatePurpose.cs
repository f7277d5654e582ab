namespace Waymark.Exchange.Certificates;

/// <summary>What a certificate may be used for.</summary>
public enum CertificatePurpose
{
    /// <summary>Asks nodes: <c>id-kp-clientAuth</c> alone, so that no requester can pose as a node (RFC 5280 section 4.2.1.12).</summary>
    Requester,

    /// <summary>Is asked, and asks other nodes: <c>id-kp-serverAuth</c> and <c>id-kp-clientAuth</c>.</summary>
    Host,
}
