using System.IO;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Waymark.Exchange.Certificates;

/// <summary>Certificates, keys and revocation lists from files in PEM. Every failure is a <see cref="CertificateException"/> that names the file, and never quotes it.</summary>
public static class CertificateFiles
{
    private const int MostBytes = RevocationList.LongestBytes * 2;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The text of a file that anybody may read.</summary>
    public static string Read(string file) => Read(file, _ => { });

    /// <summary>The text of a file that holds a key: nobody but its owner may read or write it, or it is no secret.</summary>
    [UnsupportedOSPlatform("windows")]
    public static string ReadKey(string file) => Read(file, stream =>
    {
        // Asked of the open file, so that it is the one that is read.
        if ((File.GetUnixFileMode(stream.SafeFileHandle) & Others) != 0)
        {
            throw new CertificateException($"{file} can be read or written by others than its owner: 'chmod 600 {file}', and ask yourself who has read it");
        }
    });

    /// <summary>A party's own certificate with its key, and the certificates behind it in the file, which lead to its authority.</summary>
    /// <param name="certificateFile">The party's certificate first.</param>
    /// <param name="keyFile">Its key: ECDSA or RSA, without a passphrase.</param>
    [UnsupportedOSPlatform("windows")]
    public static (X509Certificate2 Certificate, X509Certificate2Collection Between) ReadOwn(string certificateFile, string keyFile)
    {
        var (text, key) = (Read(certificateFile), ReadKey(keyFile));
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            // What the framework says of it may quote the file.
            throw new CertificateException($"{certificateFile} holds a damaged certificate");
        }
        if (all.Count == 0)
        {
            throw new CertificateException($"{certificateFile} holds no certificate in PEM ('-----BEGIN CERTIFICATE-----')");
        }
        try
        {
            var own = X509Certificate2.CreateFromPem(text, key);
            all.RemoveAt(0);
            return (own, all);
        }
        catch (Exception refused) when (refused is CryptographicException or ArgumentException)
        {
            // Likewise.
            throw new CertificateException($"{keyFile} does not hold the key of {certificateFile} in PEM, without a passphrase");
        }
    }

    /// <summary>Whose certificates count.</summary>
    /// <param name="authorityFile">The authorities.</param>
    /// <param name="revocationFile">Their lists; null: none.</param>
    public static CertificateTrust ReadTrust(string authorityFile, string? revocationFile)
    {
        var (authorities, lists) = (Read(authorityFile), revocationFile is null ? null : Read(revocationFile));
        CertificateTrust trust;
        try
        {
            trust = CertificateTrust.Read(authorities, null);
        }
        catch (CertificateException refused)
        {
            throw new CertificateException($"{authorityFile}: {refused.Message}");
        }
        try
        {
            return lists is null ? trust : CertificateTrust.Read(authorities, lists);
        }
        catch (CertificateException refused)
        {
            throw new CertificateException($"{revocationFile}: {refused.Message}");
        }
    }

    private static string Read(string file, Action<FileStream> check)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            check(stream);
            if (stream.Length > MostBytes)
            {
                throw new CertificateException($"{file} is longer than {MostBytes >> 20} MiB");
            }
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{file} cannot be read: {unreadable.Message}");
        }
    }
}
