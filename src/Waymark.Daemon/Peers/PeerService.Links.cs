using System.Security.Cryptography.X509Certificates;
using Waymark.Daemon.Remote;
using Waymark.Exchange.Certificates;
using Waymark.Nodes;
using Waymark.Peers;

namespace Waymark.Daemon.Peers;

/// <summary>Connections: dialled and carried until they end, ended where they have to, and what is done when they have.</summary>
internal sealed partial class PeerService
{
    /// <summary>Why a connection ended of a peer that is declared otherwise.</summary>
    private const string DeclaredOtherwise = "the node file says something else of it now";

    /// <summary>Why a connection ended that a mistake of this program has ended.</summary>
    private const string OwnMistake = "this node has a defect, which its log tells";

    /// <summary>How often it is asked of a connection that this node opened whether the peer's certificate still counts.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    /// <summary>A connection to a peer, to be carried by <see cref="CarryAsync"/>.</summary>
    public PeerLink Link(PeerDeclaration peer, bool isOurs, X509Certificate2 certificate, string endpoint) =>
        // Peers are named by the node file: there are not many.
        new(peer, isOurs, certificate, endpoint, paces.GetOrAdd(peer.Name, _ => new(time)), time);

    /// <summary>Carries an exchange, whoever opened it, until it ends. Whatever ends it is told: what nobody has thought of too, which would else leave a link on which nothing is said.</summary>
    public async Task CarryAsync(PeerLink link, Func<Task> run)
    {
        await events.Writer.WriteAsync(new PeerEvent.Opened(link));
        try
        {
            await run();
        }
        catch (Exception defect)
        {
            // A mistake of ours: it costs this connection, and nobody else anything.
            Log.PeerDefect(log, link.Peer, defect);
            link.End(OwnMistake);
        }
        finally
        {
            await events.Writer.WriteAsync(new PeerEvent.Ended(link));
        }
    }

    private void Close(PeerLink link, TimeSpan now)
    {
        if (accounts.GetValueOrDefault(link.Peer) is { } account && account.Link == link)
        {
            var why = link.Why.Length > 0 ? link.Why : "the peer hung up";
            if (account.Terms is not null)
            {
                // One that ends at once ends at once again: what does not fit is not to be tried every second.
                if (now - account.Since >= RedialPace.Longest)
                {
                    account.Pace.Reset();
                }
                account.Since = now;
                Log.PeerLost(log, link.Peer, why);
            }
            Forget(account);
            Fail(account, why, now);
        }
        link.Dispose();
    }

    private void Forget(PeerAccount account)
    {
        (account.Link, account.Terms, account.LastTold) = (null, null, []);
        account.Sending.Lose();
        account.Reported.Clear();
        areLinksOthers = true;
    }

    private void Fail(PeerAccount account, string why, TimeSpan now)
    {
        if (account.Fault != why)
        {
            Log.PeerUnreached(log, account.Declaration.Name, why);
        }
        account.Fault = why;
        account.DialAt = account.Declaration.Host is null ? null : now + account.Pace.Next();
        areLinksOthers = true;
    }

    /// <summary>Ends connections of those whose certificate no longer counts: it was taken back, its time is over, or nobody says any more whose count.</summary>
    private void CheckCertificates(TimeSpan now)
    {
        if (now < checkAt)
        {
            return;
        }
        checkAt = now + CheckInterval;
        foreach (var link in accounts.Values.Select(one => one.Link).OfType<PeerLink>())
        {
            switch (admission.Credentials?.Trust.Check(link.Certificate, CertificatePurpose.Host, time.GetUtcNow()))
            {
                case CertificateVerdict.Refused(_, var message):
                    link.End($"its certificate {message}");
                    break;
                case null:
                    link.End("there are no authorities any more by which its certificate counts: 'listen' of the node file names none that can be read");
                    break;
            }
        }
    }

    /// <summary>Calls a peer and carries what comes of it. Never throws.</summary>
    private async Task DialAsync(PeerDeclaration peer, RemoteCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            if (await new PeerDialling(this, peer, credentials, time).RunAsync(cancellationToken) is { } why)
            {
                await MissAsync(peer, why, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The daemon stops.
        }
        catch (Exception defect)
        {
            // A mistake of ours, before there was a connection: the peer is called again, as if it had not been reached.
            Log.PeerDefect(log, peer.Name, defect);
            await MissAsync(peer, OwnMistake, CancellationToken.None);
        }
    }

    /// <summary>
    /// Does what one peer leads to; all others go on whatever comes of it. A mistake of ours in it ends that peer's connection. Where there is none any more it was what the peer last said that led to it, or what follows from that: it
    /// is unlearned, so that the mistake does not come again with each decision.
    /// </summary>
    private void Contained(PeerAccount account, PeerLink? link, Action act)
    {
        try
        {
            act();
        }
        catch (Exception defect)
        {
            // Told once: while the connection is ending, and behind it, the same comes again.
            if (account.Defect != defect.Message)
            {
                account.Defect = defect.Message;
                Log.PeerDefect(log, account.Declaration.Name, defect);
            }
            if (link is not null)
            {
                link.End(OwnMistake);
            }
            else
            {
                account.Unlearn();
            }
        }
    }
}
