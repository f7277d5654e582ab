namespace Waymark.Exchange.Certificates;

/// <summary>What came of looking at a certificate.</summary>
public abstract record CertificateVerdict
{
    private CertificateVerdict()
    {
    }

    /// <summary>It counts.</summary>
    /// <param name="Names">Whom it identifies, in its order; at least one.</param>
    public sealed record Accepted(EquatableArray<CertificateName> Names) : CertificateVerdict;

    /// <summary>It does not count.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Message">The same for people, as it goes on behind "the certificate ..."; what it quotes of the certificate can be shown and logged as it is.</param>
    public sealed record Refused(CertificateRefusal Reason, string Message) : CertificateVerdict;
}
