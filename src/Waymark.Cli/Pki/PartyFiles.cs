using System.IO;
using System.Security.Cryptography;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;

namespace Waymark.Cli.Pki;

/// <summary>The files of a party that was enrolled: <c>node.pem</c> and <c>node.key</c> of a host, <c>requester.pem</c> and <c>requester.key</c> of a requester, <c>ca.pem</c>, <c>crl.pem</c>. None is written over.</summary>
internal sealed class PartyFiles : IDisposable
{
    private readonly string folder;
    private readonly List<string> written = [];
    private ECDsa? key;

    /// <summary>In a folder, which is made where it is not there.</summary>
    public PartyFiles(string folder, CertificatePurpose purpose)
    {
        (this.folder, Purpose) = (System.IO.Path.GetFullPath(folder), purpose);
        var name = purpose == CertificatePurpose.Host ? "node" : "requester";
        (Certificate, Key, Authority, RevocationList) = (In(name + ".pem"), In(name + ".key"), In("ca.pem"), In("crl.pem"));
    }

    /// <summary>What the party's certificate is for.</summary>
    public CertificatePurpose Purpose { get; }

    public string Certificate { get; }

    public string Key { get; }

    public string Authority { get; }

    public string RevocationList { get; }

    /// <summary>Throws <see cref="CertificateException"/> where one of them is there: a code that was used for nothing would be lost.</summary>
    public void RequireFree()
    {
        if (new[] { Certificate, Key, Authority, RevocationList }.FirstOrDefault(File.Exists) is { } there)
        {
            throw new CertificateException($"{there} is there already: move it away, or name another folder (--into)");
        }
        Directory.CreateDirectory(folder);
    }

    /// <summary>Makes the key and writes it, for its owner's eyes alone.</summary>
    public ECDsa NewKey(ECCurve curve)
    {
        key = ECDsa.Create(curve);
        PrivateKeyFile.Create(Key, key);
        written.Add(Key);
        return key;
    }

    /// <summary>Writes what came.</summary>
    public void Write(EnrolledParty party)
    {
        Create(Authority, party.Authority.ExportCertificatePem() + "\n");
        Create(RevocationList, party.RevocationList);
        // Last: whoever finds it finds the others.
        Create(Certificate, party.Certificate.ExportCertificatePem() + "\n");
    }

    /// <inheritdoc/>
    public void Dispose() => key?.Dispose();

    /// <summary>Takes away what was written.</summary>
    public void Undo() => written.ForEach(File.Delete);

    private void Create(string file, string text)
    {
        WholeFile.Create(file, text, WholeFile.Public);
        written.Add(file);
    }

    private string In(string name) => System.IO.Path.Combine(folder, name);
}
