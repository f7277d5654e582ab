using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;

namespace Waymark.Cli.Pki;

/// <summary>Listens for parties that were invited. Everybody may connect, and hold a little for some seconds; who fails again and again is not answered.</summary>
/// <param name="folder">The authority's.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Says in a line what came of each attempt.</param>
internal sealed class EnrollmentService(string folder, TimeProvider time, Action<string> tell) : IDisposable
{
    /// <summary>The most connections at a time, and of one source.</summary>
    public const int Connections = 64, ConnectionsOfSource = 8;

    /// <summary>How many attempts of one source may fail at once, and how many a second from then on; and of all of them.</summary>
    public const int FailuresOfSource = 20, Failures = 200;

    private const double FailuresOfSourcePerSecond = 0.1, FailuresPerSecond = 2;
    private const int MostSources = 4096;

    /// <summary>Of how many that are turned away a line is told at once, and a second from then on: whoever floods the port shall not flood the terminal. And how many are told themselves at a time, for how long.</summary>
    private const int ToldAtOnce = 10, TurningAtOnce = 16;
    private const double ToldPerSecond = 0.1;
    private static readonly TimeSpan Turning = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a certificate of this service is shown, and how long it is good: clocks of new hosts are off by hours.</summary>
    private static readonly TimeSpan ListenerAge = TimeSpan.FromHours(12), ListenerLifetime = TimeSpan.FromDays(2);

    private readonly Lock gate = new();
    private readonly List<IPAddress> connected = [];
    private readonly Dictionary<IPAddress, TokenBucket> failures = [];
    private readonly TokenBucket allFailures = new(Failures, FailuresPerSecond, time);
    private readonly TokenBucket told = new(ToldAtOnce, ToldPerSecond, time);
    private readonly SemaphoreSlim one = new(1);
    private int turning, untold;
    private X509Certificate2? listener;
    private X509Certificate2? authority;
    private DateTimeOffset madeAt;

    /// <summary>Listens until cancelled; throws <see cref="SocketException"/> where the address cannot be had, and <see cref="CertificateException"/> where there is no authority.</summary>
    /// <param name="at">Where.</param>
    /// <param name="listening">Told where it listens, once it does.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(IPEndPoint at, Action<IPEndPoint> listening, CancellationToken cancellationToken)
    {
        await ShownAsync(cancellationToken);
        using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (at.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }
        socket.Bind(at);
        socket.Listen();
        listening((IPEndPoint)socket.LocalEndPoint!);
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                foreach (var done in running.Where(task => task.IsCompleted).ToList())
                {
                    running.Remove(done);
                    // What it did not expect ends us all: that is a bug.
                    await done;
                }
                running.Add(TakeAsync(accepted, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        one.Dispose();
        listener?.Dispose();
        authority?.Dispose();
    }

    private async Task TakeAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var kept = socket;
        var from = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        from = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
        // A host has as many addresses of its network of 64 bits as it likes (RFC 4291 section 2.5.1).
        var source = from.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress([.. from.GetAddressBytes()[..8], .. new byte[8]]) : from;
        if (!TryEnter(source))
        {
            Tell(from);
            await TurnAwayAsync(socket, cancellationToken);
            return;
        }
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await using var stream = new SslStream(new NetworkStream(socket));
            var (shown, own) = await ShownAsync(either.Token);
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                // Offline: no certificate that is missing is looked for on the network.
                ServerCertificateContext = SslStreamCertificateContext.Create(shown, null, offline: true),
                EnabledSslProtocols = SslProtocols.Tls13,
                AllowTlsResume = false,
                AllowRenegotiation = false,
            }, either.Token);
            await EnrollmentServer.AnswerAsync(stream, shown, own, time.GetUtcNow(), async (id, request, isProven) =>
            {
                var (grant, certificate) = await AskAsync(directory => directory.Enroll(id, request, isProven, time.GetUtcNow()), either.Token);
                tell($"{string.Join(", ", certificate.Names)}: enrolled from {from}, a {certificate.Use}'s, until {IssuedCertificate.Day(certificate.Until)}, serial number {certificate.Serial}");
                return grant;
            }, either.Token);
            GiveBack(source);
        }
        catch (EnrollmentException refused)
        {
            tell($"{from}: refused: {refused.Message}");
        }
        catch (Exception broken) when (broken is IOException or AuthenticationException or SocketException or OperationCanceledException or CertificateException or UnauthorizedAccessException)
        {
            // Went, was too slow, spoke something else; or the authority's folder is in use for long. It may come again.
            tell($"{from}: {(broken is OperationCanceledException ? "too slow" : broken.Message)}");
        }
        finally
        {
            lock (gate)
            {
                connected.Remove(source);
            }
        }
    }

    private void Tell(IPAddress from)
    {
        int others;
        lock (gate)
        {
            if (!told.TryTake())
            {
                untold++;
                return;
            }
            (others, untold) = (untold, 0);
        }
        tell($"{from}: turned away, there are too many connections or too many attempts came to nothing{(others == 0 ? "" : $"; so were {others} others before it")}");
    }

    /// <summary>Has whoever is turned away know it, as far as that costs little.</summary>
    private async Task TurnAwayAsync(Socket socket, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref turning) > TurningAtOnce)
        {
            Interlocked.Decrement(ref turning);
            return;
        }
        using var late = new CancellationTokenSource(Turning, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await using var stream = new NetworkStream(socket);
            await TurnedAway.SayAsync(stream, either.Token);
            socket.Shutdown(SocketShutdown.Send);
            // What it says is taken in: a socket that is closed with something unread takes back what it has sent (RFC 2525 section 2.17).
            var unread = new byte[4096];
            while (await stream.ReadAsync(unread, either.Token) > 0)
            {
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // It went, or says too much: it was told what there is to tell.
        }
        finally
        {
            Interlocked.Decrement(ref turning);
        }
    }

    /// <summary>As whom it is answered, and the authority's certificate.</summary>
    private async Task<(X509Certificate2 Shown, X509Certificate2 Authority)> ShownAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (listener is null || now - madeAt > ListenerAge || now < madeAt)
            {
                using var directory = await AuthorityDirectory.OpenAsync(folder, time, cancellationToken);
                (listener, authority, madeAt) = (directory.Listener(now, ListenerLifetime), X509CertificateLoader.LoadCertificate(directory.Certificate.RawData), now);
            }
            return (listener, authority!);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Opened for each attempt, so that whoever has the folder can issue and revoke meanwhile.</summary>
    private async Task<T> AskAsync<T>(Func<AuthorityDirectory, T> work, CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            using var directory = await AuthorityDirectory.OpenAsync(folder, time, cancellationToken);
            return work(directory);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Whether somebody may try. It counts as failed until it is not.</summary>
    private bool TryEnter(IPAddress source)
    {
        lock (gate)
        {
            if (connected.Count >= Connections || connected.Count(other => other.Equals(source)) >= ConnectionsOfSource)
            {
                return false;
            }
            if (!failures.TryGetValue(source, out var bucket) && failures.Count < MostSources)
            {
                failures.Add(source, bucket = new(FailuresOfSource, FailuresOfSourcePerSecond, time));
            }
            if (bucket?.TryTake() == false || !allFailures.TryTake())
            {
                return false;
            }
            connected.Add(source);
            return true;
        }
    }

    private void GiveBack(IPAddress source)
    {
        lock (gate)
        {
            failures.GetValueOrDefault(source)?.GiveBack();
            allFailures.GiveBack();
        }
    }
}
