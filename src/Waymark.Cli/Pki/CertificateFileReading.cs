using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Pki;

/// <summary>Certificates from files in PEM.</summary>
internal static class CertificateFileReading
{
    /// <summary>The first certificate of a file.</summary>
    /// <exception cref="CertificateException">There is none.</exception>
    public static X509Certificate2 Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CertificateException($"there is no file {path}");
        }
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (CryptographicException)
        {
            // Not PEM, another label, or damaged.
            throw new CertificateException($"{path} holds no certificate in PEM ('-----BEGIN CERTIFICATE-----')");
        }
    }
}
