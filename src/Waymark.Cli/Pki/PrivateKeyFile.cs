using System.Security.Cryptography;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Pki;

/// <summary>Private keys in files (PKCS #8 in PEM). Their bytes are in no message, and are wiped from our own buffers.</summary>
internal static class PrivateKeyFile
{
    /// <summary>Writes a key for its owner's eyes alone.</summary>
    public static void Create(string path, ECDsa key)
    {
        var bytes = key.ExportPkcs8PrivateKey();
        var text = PemEncoding.Write("PRIVATE KEY", bytes);
        try
        {
            WholeFile.Create(path, text, WholeFile.Private);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(text);
        }
    }

    /// <summary>Reads a key.</summary>
    /// <exception cref="CertificateException">Others can read it too, or it is no key.</exception>
    public static ECDsa Read(string path)
    {
        var text = CertificateFiles.ReadKey(path);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            return key;
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException)
        {
            // What the framework says of it may quote the file.
            key.Dispose();
            throw new CertificateException($"{path} holds no ECDSA key in PEM without a passphrase");
        }
    }
}
