using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Certificates;

/// <summary>
/// Whose certificates count, and which of them do not any more: authorities and their revocation lists. Says of a certificate that somebody shows whether it counts at a given time (RFC 5280
/// section 6). Never changes, reads no file, asks nobody on the network; the system's own authorities have no say.
/// </summary>
public sealed class CertificateTrust
{
    /// <summary>How many authorities a text may name.</summary>
    public const int MostAuthorities = 64;

    private readonly X509Certificate2Collection roots = [], intermediates = [];
    private readonly Dictionary<string, RevocationList> lists = [];

    private CertificateTrust()
    {
    }

    /// <summary>The authorities, in the order of their text.</summary>
    public IReadOnlyList<X509Certificate2> Authorities => [.. roots, .. intermediates];

    /// <summary>Whether there are revocation lists; without, nobody's certificate can be taken back.</summary>
    public bool HasLists => lists.Count > 0;

    /// <summary>Reads authorities and their lists.</summary>
    /// <param name="authorities">One certificate in PEM or several: those that sign themselves are trusted, others only as far as they lead to one of these.</param>
    /// <param name="revocations">One list in PEM or several, then one of each authority; null: nothing is taken back.</param>
    /// <exception cref="CertificateException">There is no authority, a certificate is none, a list is none of theirs, or an authority has none.</exception>
    public static CertificateTrust Read(string authorities, string? revocations)
    {
        var trust = new CertificateTrust();
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(authorities);
        }
        catch (CryptographicException)
        {
            // Foreign bytes.
            throw new CertificateException("one of its certificates is damaged");
        }
        if (found.Count is 0 or > MostAuthorities)
        {
            throw new CertificateException(found.Count == 0 ? "it holds no certificate in PEM ('-----BEGIN CERTIFICATE-----')" : $"it holds more than {MostAuthorities} certificates");
        }
        foreach (var one in found)
        {
            if (one.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
            {
                throw new CertificateException($"the certificate of '{ForeignText.Show(one.GetNameInfo(X509NameType.SimpleName, false))}' is not an authority's");
            }
            (one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData) ? trust.roots : trust.intermediates).Add(one);
        }
        if (trust.roots.Count == 0)
        {
            throw new CertificateException("none of its authorities signs itself: add the one at the root");
        }
        if (revocations is not null)
        {
            trust.ReadLists(revocations);
        }
        return trust;
    }

    /// <summary>Whether a certificate counts.</summary>
    /// <param name="certificate">What somebody shows, who may be anybody.</param>
    /// <param name="purpose">What it is shown for: a requester's has to be for <c>clientAuth</c>, a host's for <c>serverAuth</c>.</param>
    /// <param name="now">At which time.</param>
    public CertificateVerdict Check(X509Certificate2 certificate, CertificatePurpose purpose, DateTimeOffset now)
    {
        try
        {
            var names = Names(certificate, purpose);
            return Faults(certificate, purpose, now).FirstOrDefault() is { } fault ? fault
                : names.IsEmpty ? new CertificateVerdict.Refused(CertificateRefusal.Nameless, "names nobody: it has no DNS name and no URI")
                : new CertificateVerdict.Accepted(names);
        }
        catch (Exception damaged) when (damaged is CertificateException or CryptographicException)
        {
            // Foreign bytes. The framework's words would say which of its functions minded them.
            return new CertificateVerdict.Refused(CertificateRefusal.Damaged, damaged is CertificateException ? $"cannot be read: {damaged.Message}" : "cannot be read");
        }
    }

    private IEnumerable<CertificateVerdict.Refused> Faults(X509Certificate2 certificate, CertificatePurpose purpose, DateTimeOffset now)
    {
        // Before the chain: what is asked for is better told than what came of verifying it.
        if (CertificateStrength.FaultOf(certificate) is { } weakness)
        {
            yield return new(CertificateRefusal.Weak, weakness);
        }
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            yield return OutOfTime(certificate, now, "");
        }
        using var chain = new X509Chain { ChainPolicy = Policy() };
        // Times are compared here, where it can be said whose is over.
        (chain.ChainPolicy.VerificationTime, chain.ChainPolicy.VerificationFlags) = (now.UtcDateTime, X509VerificationFlags.IgnoreNotTimeValid);
        var isWhole = chain.Build(certificate);
        if (chain.ChainStatus.Any(one => (one.Status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0)
            || chain.ChainElements.Count < 2)
        {
            yield return new(CertificateRefusal.UnknownAuthority, $"is not signed by an authority that is trusted here: it says '{ForeignText.Show(certificate.Issuer)}'");
            yield break;
        }
        for (var i = 1; i < chain.ChainElements.Count; i++)
        {
            var (signed, authority) = (chain.ChainElements[i - 1].Certificate, chain.ChainElements[i].Certificate);
            var name = ForeignText.Show(authority.GetNameInfo(X509NameType.SimpleName, false));
            if (now < authority.NotBefore || now > authority.NotAfter)
            {
                yield return OutOfTime(authority, now, $"is signed by '{name}', which ");
            }
            if (CertificateStrength.FaultOf(authority) is { } weak)
            {
                yield return new(CertificateRefusal.Weak, $"is signed by '{name}', which {weak}");
            }
            if (lists.GetValueOrDefault(authority.Thumbprint) is not { } list)
            {
                continue;
            }
            if (list.RevokedAt(signed) is { } at)
            {
                yield return new(CertificateRefusal.Revoked, $"was revoked on {Day(at)}{(i == 1 ? "" : $", or rather that of an authority over it, '{ForeignText.Show(signed.GetNameInfo(X509NameType.SimpleName, false))}'")}");
            }
            if (list.NextUpdate < now)
            {
                yield return new(CertificateRefusal.ListOutOfDate, $"may have been revoked: the revocation list of '{name}' was good until {Day(list.NextUpdate.Value)}; bring the next one");
            }
        }
        if (!isWhole)
        {
            yield return new(CertificateRefusal.Damaged, $"cannot be believed: {string.Join(", ", chain.ChainStatus.Select(one => one.Status).Distinct())}");
        }
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(one => one.EnhancedKeyUsages.Cast<Oid>()).Select(one => one.Value);
        // The extension has to be there: without it a certificate would be for anything, a requester's for posing as a node (section 4.2.1.12).
        if (!usages.Contains(purpose == CertificatePurpose.Host ? CertificateAuthority.ServerAuthentication : CertificateAuthority.ClientAuthentication))
        {
            yield return new(CertificateRefusal.WrongPurpose, purpose == CertificatePurpose.Host ? "is not for a host: it lacks serverAuth ('waymark pki issue --host')" : "is not for asking nodes: it lacks clientAuth ('waymark pki issue')");
        }
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(one => one.CertificateAuthority))
        {
            yield return new(CertificateRefusal.WrongPurpose, "is an authority's own");
        }
    }

    /// <summary>How chains are built, by this and by whoever else has to build one: from these authorities, at the time of the check, without asking anybody.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        policy.ExtraStore.AddRange(intermediates);
        return policy;
    }

    /// <summary>Whom it identifies: a host by its addresses too, a requester never (section "Names" of docs/pki.md).</summary>
    private static EquatableArray<CertificateName> Names(X509Certificate2 certificate, CertificatePurpose purpose) =>
        CertificateName.Of(certificate).Where(name => purpose == CertificatePurpose.Host || name.Form != CertificateNameForm.Address).ToEquatableArray();

    private static CertificateVerdict.Refused OutOfTime(X509Certificate2 certificate, DateTimeOffset now, string signer) => now < certificate.NotBefore
        ? new(CertificateRefusal.NotYetValid, $"{signer}is valid from {Day(certificate.NotBefore)} on only: is the clock right?")
        : new(CertificateRefusal.Expired, $"{signer}expired on {Day(certificate.NotAfter)}");

    private static string Day(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);

    private void ReadLists(string text)
    {
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            var pem = rest[fields.Location].ToString();
            CertificateException? refused = null;
            var isTheirs = false;
            foreach (var authority in Authorities)
            {
                try
                {
                    var list = RevocationList.Read(pem, authority);
                    isTheirs = true;
                    if (!lists.TryGetValue(authority.Thumbprint, out var other) || other.Number < list.Number)
                    {
                        lists[authority.Thumbprint] = list;
                    }
                }
                catch (CertificateException other)
                {
                    // Another authority's, or nobody's.
                    refused = other;
                }
            }
            if (!isTheirs)
            {
                throw refused!;
            }
        }
        if (Authorities.FirstOrDefault(one => !lists.ContainsKey(one.Thumbprint)) is { } bare)
        {
            throw new CertificateException($"it holds no revocation list in PEM ('-----BEGIN X509 CRL-----') of the authority '{ForeignText.Show(bare.GetNameInfo(X509NameType.SimpleName, false))}'");
        }
    }
}
