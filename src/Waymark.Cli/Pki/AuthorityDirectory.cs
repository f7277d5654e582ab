using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Pki;

/// <summary>
/// A certificate authority in a folder: <c>ca.pem</c>, <c>ca.key</c>, <c>crl.pem</c>, and every certificate that it issued in <c>issued/SERIAL.pem</c>. What is revoked stands in the
/// signed list alone. Whoever can read <c>ca.key</c> can be anybody.
/// </summary>
internal sealed partial class AuthorityDirectory : IDisposable
{
    /// <summary>EWOULDBLOCK.</summary>
    private const int WouldBlock = 11;

    /// <summary>How often it is looked whether whoever has it open is done: it takes him a moment.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly string folder;
    private readonly CertificateAuthority authority;
    private readonly FileStream only;

    private AuthorityDirectory(string folder, CertificateAuthority authority, FileStream only) => (this.folder, this.authority, this.only) = (folder, authority, only);

    /// <summary>Where the authority's certificate is, which every party needs.</summary>
    public string CertificateFile => System.IO.Path.Combine(folder, "ca.pem");

    /// <summary>Where the revocation list is, which every node needs.</summary>
    public string RevocationFile => System.IO.Path.Combine(folder, "crl.pem");

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Certificate => authority.Certificate;

    private string IssuedFolder => System.IO.Path.Combine(folder, "issued");

    /// <summary>Makes an authority. The folder is there with all of it, or not at all.</summary>
    /// <exception cref="CertificateException">There is something in the folder.</exception>
    public static void Create(string folder, string name, ECCurve curve, DateTimeOffset now, TimeSpan lifetime)
    {
        folder = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new CertificateException($"{folder} is there already and not empty: an authority that was replaced would leave all its certificates without one; name another folder (--directory)");
        }
        using var authority = CertificateAuthority.Create(name, curve, now, lifetime);
        var beside = $"{folder}.{System.IO.Path.GetRandomFileName()}";
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(beside, WholeFile.Private | UnixFileMode.UserExecute);
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(beside, "issued"));
            using (var key = authority.Certificate.GetECDsaPrivateKey()!)
            {
                PrivateKeyFile.Create(System.IO.Path.Combine(beside, "ca.key"), key);
            }
            WholeFile.Create(System.IO.Path.Combine(beside, "crl.pem"), authority.FirstRevocationList(now), WholeFile.Public);
            WholeFile.Create(System.IO.Path.Combine(beside, "ca.pem"), authority.Certificate.ExportCertificatePem() + "\n", WholeFile.Public);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }
            Directory.Move(beside, folder);
        }
        catch
        {
            // Half an authority is none.
            Directory.Delete(beside, recursive: true);
            throw;
        }
    }

    /// <summary>Opens an authority, for nobody else meanwhile: two that revoke at once would each forget what the other did.</summary>
    /// <exception cref="CertificateException">There is none, it is in use, or its files do not fit.</exception>
    public static AuthorityDirectory Open(string folder) =>
        TryOpen(folder) ?? throw new CertificateException($"the authority in {folder} is in use: another 'waymark pki' runs; try again");

    /// <summary>Opens an authority as <see cref="Open"/>, and waits for whoever has it open.</summary>
    public static async Task<AuthorityDirectory> OpenAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryOpen(folder) is { } opened)
            {
                return opened;
            }
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    private static AuthorityDirectory? TryOpen(string folder)
    {
        var (certificateFile, keyFile) = (System.IO.Path.Combine(folder, "ca.pem"), System.IO.Path.Combine(folder, "ca.key"));
        if (!File.Exists(certificateFile) || !File.Exists(keyFile))
        {
            throw new CertificateException($"there is no authority in {folder}: make one ('waymark pki init'), or name its folder (--directory, WAYMARK_PKI)");
        }
        FileStream only;
        try
        {
            only = new(System.IO.Path.Combine(folder, ".lock"), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = WholeFile.Private });
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            // flock(2) by another.
            return null;
        }
        try
        {
            using var certificate = CertificateFileReading.Read(certificateFile);
            return new(folder, new(certificate, PrivateKeyFile.Read(keyFile)), only);
        }
        catch
        {
            // The caller gets the reason.
            only.Dispose();
            throw;
        }
    }

    /// <summary>Certifies a new key for a party: all of it, or nothing.</summary>
    /// <returns>The certificate, and the files that it and its key were written to.</returns>
    /// <exception cref="CertificateException">The files are there already.</exception>
    public (IssuedCertificate Certificate, string CertificateFile, string KeyFile) Issue(IReadOnlyList<CertificateName> names, CertificatePurpose purpose, string into, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(authority.Curve);
        using var certificate = authority.Issue(names, purpose, new(key), now, lifetime);
        var issued = IssuedCertificate.Of(certificate, Revoked());
        var (certificateFile, keyFile) = (System.IO.Path.Combine(into, issued.FileName + ".pem"), System.IO.Path.Combine(into, issued.FileName + ".key"));
        if (new[] { certificateFile, keyFile }.FirstOrDefault(File.Exists) is { } there)
        {
            throw new CertificateException($"{there} is there already: renew its certificate ('waymark pki renew'), move it away, or name another folder (--into)");
        }
        Directory.CreateDirectory(into);
        PrivateKeyFile.Create(keyFile, key);
        try
        {
            // Before the party has it: what makes it possible to revoke it.
            Keep(certificate);
            WholeFile.Create(certificateFile, certificate.ExportCertificatePem() + "\n", WholeFile.Public);
        }
        catch
        {
            // The certificate is nowhere then, and the key of no use.
            File.Delete(keyFile);
            File.Delete(KeptFile(certificate.SerialNumber));
            throw;
        }
        return (issued, certificateFile, keyFile);
    }

    /// <summary>Certifies the key of a certificate for longer, and puts the new certificate in the place of the file. The old one stays valid until its end.</summary>
    /// <exception cref="CertificateException">It is not this authority's, is revoked, or is not alone in its file.</exception>
    public IssuedCertificate Renew(string file, DateTimeOffset now, TimeSpan lifetime)
    {
        using var certificate = Own(file);
        if (Revoked().RevokedAt(certificate) is { } at)
        {
            throw new CertificateException($"{file} was revoked on {IssuedCertificate.Day(at)}, and so is its key: issue another ('waymark pki issue')");
        }
        var target = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
        if (System.IO.Path.GetFileName(target) == System.IO.Path.GetFileName(KeptFile(certificate.SerialNumber)))
        {
            throw new CertificateException($"{file} is called as the authority's own copy is, by which the certificate can be revoked: copy it under another name, and renew that");
        }
        if (File.ReadAllText(target).Split("-----BEGIN ").Length != 2)
        {
            throw new CertificateException($"{file} holds more than the certificate, which would be lost: give each a file of its own");
        }
        using var renewed = authority.Renew(certificate, now, lifetime);
        Keep(renewed);
        WholeFile.Replace(target, renewed.ExportCertificatePem() + "\n");
        return IssuedCertificate.Of(renewed, Revoked());
    }

    /// <summary>Takes certificates back: the one named by its file or serial number, and with it every other of the same key, for a key that was lost is lost in all of them.</summary>
    /// <returns>Those that were taken back now.</returns>
    /// <exception cref="CertificateException">There is none, or all of them are revoked already.</exception>
    public IReadOnlyList<IssuedCertificate> Revoke(string fileOrSerial, DateTimeOffset now)
    {
        var kept = KeptFile(fileOrSerial.ToUpperInvariant());
        using var certificate = fileOrSerial.All(char.IsAsciiHexDigit) && File.Exists(kept) ? Own(kept) : Own(fileOrSerial);
        var all = IssuedFiles().Select(CertificateFileReading.Read).Where(one => one.PublicKey.EncodedKeyValue.RawData.AsSpan().SequenceEqual(certificate.PublicKey.EncodedKeyValue.RawData)).ToArray();
        try
        {
            var before = Revoked();
            var list = File.ReadAllText(RevocationFile);
            // A certificate whose copy was lost is taken back all the same.
            var taken = all.Append(certificate).DistinctBy(one => one.SerialNumber).Where(one => before.RevokedAt(one) is null).ToArray();
            if (taken.Length == 0)
            {
                throw new CertificateException($"{fileOrSerial} is revoked already, since {IssuedCertificate.Day(before.RevokedAt(certificate)!.Value)}");
            }
            foreach (var one in taken)
            {
                list = authority.Revoke(list, one, now);
            }
            WholeFile.Replace(RevocationFile, list);
            var after = Revoked();
            return [.. taken.Select(one => IssuedCertificate.Of(one, after))];
        }
        finally
        {
            foreach (var one in all)
            {
                one.Dispose();
            }
        }
    }

    /// <summary>All that was issued, the first to expire first.</summary>
    public IReadOnlyList<IssuedCertificate> Issued()
    {
        var list = Revoked();
        return [.. IssuedFiles().Select(file =>
        {
            using var certificate = CertificateFileReading.Read(file);
            return IssuedCertificate.Of(certificate, list);
        }).OrderBy(one => one.Until).ThenBy(one => one.Serial, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        authority.Dispose();
        only.Dispose();
    }

    private X509Certificate2 Own(string file)
    {
        var certificate = CertificateFileReading.Read(file);
        if (authority.HasSigned(certificate))
        {
            return certificate;
        }
        certificate.Dispose();
        throw new CertificateException($"{file} was not issued by the authority in {folder}");
    }

    private RevocationList Revoked()
    {
        try
        {
            return RevocationList.Read(File.ReadAllText(RevocationFile), Certificate);
        }
        catch (CertificateException wrong)
        {
            throw new CertificateException($"{RevocationFile} cannot be used: {wrong.Message}");
        }
    }

    private void Keep(X509Certificate2 certificate) => WholeFile.Create(KeptFile(certificate.SerialNumber), certificate.ExportCertificatePem() + "\n", WholeFile.Public);

    private string KeptFile(string serial) => System.IO.Path.Combine(IssuedFolder, serial + ".pem");

    private IEnumerable<string> IssuedFiles() => Directory.EnumerateFiles(IssuedFolder, "*.pem").Where(file => !System.IO.Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal);
}
