using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Tcp;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.Http;

/// <summary>
/// Asks for pages (RFC 9110) out of one device, each time by a connection of its own: one that stands already would go on past a portal that bars new ones. Only the expected status is an answer.
/// Redirects are not followed and bodies not read; what is not read is held back by a small window. The round trip is that of the connection's first packet: how long the server thinks is none of the path's doing.
/// </summary>
internal sealed class HttpProbe : IProbe
{
    /// <summary>In KiB; what answers such questions needs much less.</summary>
    private const int MostHeader = 8;

    private readonly TcpCaller caller;
    private readonly HostAddresses hosts;
    private readonly X509Certificate2Collection? roots;
    private readonly TimeProvider time;

    /// <summary>Throws <see cref="SocketException"/> where no socket can be opened by that device.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which connections leave.</param>
    /// <param name="resolve">Finds hosts' addresses.</param>
    /// <param name="roots">Who may vouch for servers; null: those that this system trusts.</param>
    /// <param name="time">The clock.</param>
    public HttpProbe(IpFamily family, string device, ResolveName resolve, X509Certificate2Collection? roots, TimeProvider time)
    {
        (caller, hosts, this.roots, this.time) = (new(family, device, time), new(family, resolve, time), roots, time);
    }

    /// <inheritdoc/>
    public uint Mark
    {
        get => caller.Mark;
        set => caller.Mark = value;
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asked = (ProbeTarget.Http)target;
        var url = new Uri(asked.Url);
        var (address, unknown) = await hosts.FindAsync(url.DnsSafeHost, timeout, cancellationToken);
        if (address is null)
        {
            return new(time.GetUtcNow(), null, unknown);
        }
        var begun = time.GetTimestamp();
        var call = await caller.CallAsync(address.Value, url.Port, timeout, cancellationToken);
        if (call.RoundTrip is null || call.Socket is null)
        {
            call.Socket?.Dispose();
            return new(call.SentAt, null, call.Fault) { Finding = call.RoundTrip is null ? null : "the connection is refused" };
        }
        var left = timeout - time.GetElapsedTime(begun);
        var finding = await AskAsync(asked, url, call.Socket, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        return finding is null
            ? new(call.SentAt, call.RoundTrip, null) { Taken = time.GetElapsedTime(begun) }
            : new(call.SentAt, null, null) { Finding = finding };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        hosts.Dispose();
        caller.Dispose();
    }

    /// <summary>What was wrong with the answer; null: nothing.</summary>
    private async Task<string?> AskAsync(ProbeTarget.Http asked, Uri url, Socket socket, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var late = new CancellationTokenSource(timeout, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var client = new HttpMessageInvoker(Handler(stream));
            using var request = Request(url);
            using var response = await client.SendAsync(request, patience.Token);
            var location = response.Headers.NonValidated.TryGetValues("Location", out var values) ? values.ToString() : null;
            return PageFinding.Of((int)response.StatusCode, location, asked.Expect);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "the connection came about, but no answer by it";
        }
        catch (HttpRequestException wrong)
        {
            return wrong.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => $"not that server, or no TLS: {wrong.InnerException?.Message ?? wrong.Message}",
                HttpRequestError.ConfigurationLimitExceeded => string.Create(CultureInfo.InvariantCulture, $"its header is longer than {MostHeader} KiB"),
                HttpRequestError.InvalidResponse => "what comes back is no HTTP",
                _ => "the connection ended without an answer",
            };
        }
        catch (IOException)
        {
            // The same, found out in another place.
            return "the connection ended without an answer";
        }
    }

    private static HttpRequestMessage Request(Uri url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.ConnectionClose = true;
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        request.Headers.UserAgent.Add(new("waymark", null));
        return request;
    }

    /// <summary>One for each connection: a shared one gives any connection to any request that waits.</summary>
    private SocketsHttpHandler Handler(NetworkStream stream)
    {
        var isGiven = false;
        return new()
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MostHeader,
            MaxResponseDrainSize = 0,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(Give()),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ChainPolicy() },
        };

        NetworkStream Give()
        {
            if (isGiven)
            {
                // A connection that ends before anything came is tried again by others; the probe is about this one.
                throw new IOException("the connection ended");
            }
            isGiven = true;
            return stream;
        }
    }

    /// <summary>Nothing is fetched to decide about a certificate: that would go by another path, unmarked.</summary>
    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }
        return policy;
    }
}
