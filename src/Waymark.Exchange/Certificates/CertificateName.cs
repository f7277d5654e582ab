using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Certificates;

/// <summary>A name in the subject alternative name of a certificate (RFC 5280 section 4.2.1.6): whom it identifies. The subject's common name identifies nobody (RFC 9525 section 2).</summary>
/// <param name="Form">How it is written there.</param>
/// <param name="Text">DNS names in lower case, addresses in their shortest form, URIs with scheme and host in lower case.</param>
public sealed record CertificateName(CertificateNameForm Form, string Text)
{
    /// <summary>The subject alternative name (RFC 5280 section 4.2.1.6).</summary>
    internal const string ExtensionOid = "2.5.29.17";

    private const int LongestDnsName = 253, LongestLabel = 63, LongestUri = 1024;
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2), UriTag = new(TagClass.ContextSpecific, 6), AddressTag = new(TagClass.ContextSpecific, 7);

    /// <summary>Reads what a person wrote; null where it is none of the three forms. There are no wildcards: a name is one party.</summary>
    public static CertificateName? Parse(string text)
    {
        if (IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text))
        {
            // An address with a zone means something on one machine only.
            return text.Contains('%', StringComparison.Ordinal) ? null : new(CertificateNameForm.Address, address.ToString());
        }
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return text.Length <= LongestUri && text.All(c => c is > ' ' and <= '~') && !IsPlace(text) && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? new(CertificateNameForm.Uri, uri.AbsoluteUri) : null;
        }
        return text.Length is > 0 and <= LongestDnsName && text.Split('.').All(IsLabel) && !text.Split('.')[^1].All(char.IsAsciiDigit) ? new(CertificateNameForm.Dns, text.ToLowerInvariant()) : null;
    }

    /// <summary>The names of a certificate, in their order; empty where it has none. Forms that Waymark does not use are left out.</summary>
    /// <exception cref="CertificateException">The extension is damaged.</exception>
    public static IReadOnlyList<CertificateName> Of(X509Certificate2 certificate) => certificate.Extensions[ExtensionOid] is { } extension ? Read(extension.RawData) : [];

    /// <summary>The extension that bears names, as an authority writes it.</summary>
    /// <param name="names">At least one.</param>
    /// <param name="isCritical">Whether nobody may pass over it.</param>
    internal static X509Extension Extension(IEnumerable<CertificateName> names, bool isCritical)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            switch (name.Form)
            {
                case CertificateNameForm.Dns:
                    builder.AddDnsName(name.Text);
                    break;
                case CertificateNameForm.Uri:
                    builder.AddUri(new(name.Text));
                    break;
                default:
                    builder.AddIpAddress(IPAddress.Parse(name.Text));
                    break;
            }
        }
        return builder.Build(isCritical);
    }

    /// <summary>The names of the extension that bears them, as <see cref="Of"/>.</summary>
    /// <param name="extension">Its value, in DER: foreign bytes.</param>
    internal static IReadOnlyList<CertificateName> Read(byte[] extension)
    {
        try
        {
            var names = new List<CertificateName>();
            var reader = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                var tag = reader.PeekTag();
                if (tag.HasSameClassAndValue(DnsTag))
                {
                    names.Add(new(CertificateNameForm.Dns, reader.ReadCharacterString(UniversalTagNumber.IA5String, DnsTag).ToLowerInvariant()));
                }
                else if (tag.HasSameClassAndValue(UriTag))
                {
                    names.Add(new(CertificateNameForm.Uri, reader.ReadCharacterString(UniversalTagNumber.IA5String, UriTag)));
                }
                else if (tag.HasSameClassAndValue(AddressTag))
                {
                    names.Add(new(CertificateNameForm.Address, new IPAddress(reader.ReadOctetString(AddressTag)).ToString()));
                }
                else
                {
                    reader.ReadEncodedValue();
                }
            }
            return names;
        }
        catch (Exception damaged) when (damaged is AsnContentException or ArgumentException)
        {
            // Foreign bytes, or an address of neither 4 nor 16 bytes.
            throw new CertificateException("its subject alternative name is damaged");
        }
    }

    /// <summary>The name as it is written.</summary>
    public override string ToString() => Text;

    /// <summary>Whether it is a host with a port, or a mistyped address or a prefix: by their letters such are URIs too, and would silently identify nobody.</summary>
    private static bool IsPlace(string text) =>
        (text.Split(':') is [var host, var port] && (host.Contains('.', StringComparison.Ordinal) || port.All(char.IsAsciiDigit))) || text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.' or '/');

    // RFC 1123 section 2.1; the underscore is no host's.
    private static bool IsLabel(string label) => label.Length is > 0 and <= LongestLabel && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
