namespace Waymark.Exchange.Certificates;

/// <summary>The forms of name that Waymark reads in a subject alternative name.</summary>
public enum CertificateNameForm
{
    /// <summary>A <c>dNSName</c>, as <c>van-12.example.net</c>.</summary>
    Dns,

    /// <summary>A <c>uniformResourceIdentifier</c>, as <c>urn:example:fleet</c>.</summary>
    Uri,

    /// <summary>An <c>iPAddress</c>: where a host is, for hosts without a name. Never who somebody is.</summary>
    Address,
}
