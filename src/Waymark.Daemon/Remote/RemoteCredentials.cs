using System.IO;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>As whom the node answers, and whose requesters count: what the files of <see cref="ListenDeclaration"/> said at one time.</summary>
/// <param name="Own">The node's certificate, with its key.</param>
/// <param name="Context">The same as TLS takes it.</param>
/// <param name="Trust">Whose requesters count.</param>
internal sealed record RemoteCredentials(X509Certificate2 Own, SslStreamCertificateContext Context, CertificateTrust Trust)
{
    /// <summary>How long before the end somebody is told: a month, in which holidays fit.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    /// <summary>Reads the files; throws <see cref="CertificateException"/> where one is not as it has to be.</summary>
    public static RemoteCredentials Read(ListenDeclaration listen)
    {
        var (own, between) = CertificateFiles.ReadOwn(listen.CertificateFile, listen.KeyFile);
        // Offline: no certificate that is missing is looked for on the network.
        return new(own, SslStreamCertificateContext.Create(own, between, offline: true), CertificateFiles.ReadTrust(listen.AuthorityFile, listen.RevocationFile));
    }

    /// <summary>What is wrong with the files, for people; null: nothing.</summary>
    public static string? FaultOf(ListenDeclaration listen)
    {
        try
        {
            Read(listen);
            return null;
        }
        catch (CertificateException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>What of the files has ended or ends soon, for people; null: nothing.</summary>
    public string? Ending(ListenDeclaration listen, DateTimeOffset now)
    {
        if (Said(listen.CertificateFile, Own.NotAfter, now) is { } own)
        {
            return $"{own}: renew it ('waymark pki renew') and put it in its place; no restart is needed";
        }
        return Trust.Authorities.Select(one => Said($"the authority '{Exchange.ForeignText.Show(one.GetNameInfo(X509NameType.SimpleName, false))}' in {listen.AuthorityFile}", one.NotAfter, now)).OfType<string>().FirstOrDefault();
    }

    /// <summary>When the files last changed, and how long they are: what tells that they should be read again.</summary>
    public static EquatableArray<FileStamp> Stamps(ListenDeclaration listen)
    {
        string?[] files = [listen.CertificateFile, listen.KeyFile, listen.AuthorityFile, listen.RevocationFile];
        return files.OfType<string>().Select(file =>
        {
            try
            {
                // Opened, so that it is the file behind a symbolic link whose time counts.
                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                return new FileStamp(File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle));
            }
            catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
            {
                // Reading it will say so.
                return default;
            }
        }).ToEquatableArray();
    }

    private static string? Said(string what, DateTimeOffset until, DateTimeOffset now) =>
        until < now ? $"{what} expired on {until.UtcDateTime:yyyy-MM-dd}" : until - now < Notice ? $"{what} ends on {until.UtcDateTime:yyyy-MM-dd}" : null;
}

/// <summary>What tells one version of a file from the next.</summary>
/// <param name="ChangedAt">When it was last written.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct FileStamp(DateTime ChangedAt, long Length);
