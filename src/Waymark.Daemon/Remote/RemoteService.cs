using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Certificates;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>
/// Listens for requesters of other hosts where the node file says. The files that it names are looked at all the time: a renewed certificate, another authority and above all a new revocation list count without a
/// restart; while they have a mistake, what they last said without one counts. An address that cannot be had is tried again.
/// </summary>
internal sealed class RemoteService(
    NodeBook node, PolicyBook book, RemoteAdmission admission, RemoteBounds bounds, RemoteStanding standing, IServiceProvider daemon, TimeProvider time, ILogger<RemoteService> log) : IActivity
{
    /// <summary>How often files are looked at.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How often an address that could not be had is tried.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>How often it is asked of those who are connected whether they still may be: certificates end.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    /// <summary>How often somebody is told again that a certificate ends.</summary>
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromDays(1);

    private EquatableArray<FileStamp> read = [];
    /// <summary>When it was last done, by the clock that nobody can set; null: it is due.</summary>
    private long? swept, noticed, tried;
    private string fault = "", told = "";

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        SideListener? listener = null;
        ListenDeclaration? served = null;
        try
        {
            while (true)
            {
                // The next file's signal is taken before this file.
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Change);
                var wanted = node.Node.Listen;
                if (wanted != served)
                {
                    await StopAsync(listener);
                    (listener, served, admission.Credentials, read, tried, told) = (null, wanted, null, [], null, "");
                    if (wanted is null)
                    {
                        book.Expel();
                    }
                }
                if (wanted is not null)
                {
                    fault = "";
                    var isNew = ReadFiles(wanted);
                    if (listener is null && admission.Credentials is not null && IsDue(tried, Retry))
                    {
                        listener = await StartAsync(wanted, cancellationToken);
                    }
                    Sweep(isNew);
                    Tell(wanted);
                }
                standing.Current = wanted is null ? null : new(Endpoints(wanted), listener is not null, fault, admission.Credentials?.Own.NotAfter, bounds.Established.Count);
                await Task.Delay(wanted is null ? Timeout.InfiniteTimeSpan : Look, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                if (node.Node.Listen == wanted && either.IsCancellationRequested)
                {
                    // Another file, in which other requesters may stand.
                    swept = null;
                }
            }
        }
        finally
        {
            await StopAsync(listener);
        }
    }

    /// <summary>Takes in what the files say now; whether it is something else than before.</summary>
    private bool ReadFiles(ListenDeclaration wanted)
    {
        var stamps = RemoteCredentials.Stamps(wanted);
        if (stamps == read)
        {
            return false;
        }
        try
        {
            admission.Credentials = RemoteCredentials.Read(wanted);
            // Only what was taken is not looked at again: a certificate and its key are often replaced one after the other.
            read = stamps;
            noticed = null;
            Log.RemoteCredentialsRead(log, wanted.CertificateFile, admission.Credentials.Own.NotAfter.ToUniversalTime());
            return true;
        }
        catch (CertificateException refused)
        {
            fault = admission.Credentials is null ? $"nobody is let in over the network: {refused.Message}" : $"what certificates and lists said before counts: {refused.Message}";
            return false;
        }
    }

    private async Task<SideListener?> StartAsync(ListenDeclaration wanted, CancellationToken cancellationToken)
    {
        try
        {
            var listener = await RemoteListener.StartAsync(wanted, admission, daemon, cancellationToken);
            Log.RemoteListening(log, string.Join(", ", Endpoints(wanted)));
            return listener;
        }
        catch (Exception refused) when (refused is System.IO.IOException or SocketException)
        {
            // Somebody else's port, or not an address of this node at the moment.
            tried = time.GetTimestamp();
            fault = $"cannot listen at {string.Join(", ", Endpoints(wanted))}: {refused.Message}";
            return null;
        }
    }

    private void Sweep(bool isNew)
    {
        if (isNew || IsDue(swept, SweepInterval))
        {
            swept = time.GetTimestamp();
            book.Expel();
            admission.Sweep();
        }
    }

    /// <summary>Says what is wrong, once; and each day what ends soon.</summary>
    private void Tell(ListenDeclaration wanted)
    {
        if (fault.Length > 0 && fault != told)
        {
            Log.RemoteFault(log, fault);
        }
        told = fault;
        if (admission.Credentials?.Ending(wanted, time.GetUtcNow()) is not { } ending)
        {
            return;
        }
        if (IsDue(noticed, NoticeInterval))
        {
            noticed = time.GetTimestamp();
            Log.RemoteFault(log, ending);
        }
        fault = fault.Length > 0 ? fault : ending;
    }

    private bool IsDue(long? last, TimeSpan interval) => last is not { } at || time.GetElapsedTime(at) >= interval;

    private static EquatableArray<string> Endpoints(ListenDeclaration listen) =>
        listen.Addresses.Select(one => new System.Net.IPEndPoint(one.ToIPAddress(), listen.Port).ToString()).ToEquatableArray();

    private static ValueTask StopAsync(SideListener? listener) => listener?.DisposeAsync() ?? ValueTask.CompletedTask;
}
