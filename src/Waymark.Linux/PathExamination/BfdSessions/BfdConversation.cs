using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.PathExamination.BfdSessions;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>
/// A session and the socket that it speaks by, with a source port of its own (RFC 5881 section 4). All but what it claims is the speaker's, under its lock.
/// </summary>
internal sealed class BfdConversation : ILivenessSession
{
    /// <summary>Source ports are from here to the last (RFC 5881 section 4).</summary>
    private const int FirstPort = 49152;

    /// <summary>Ports that others have are passed over, so many; more are no accident.</summary>
    private const int MostPorts = 32;

    /// <summary>A farewell that nobody confirms is said so often: what would be lost of it looks like a failure at the other end.</summary>
    private const int Farewells = 3;

    private const int SocketLevel = 1;
    private const int MarkOption = 36;

    private readonly BfdSpeaker speaker;
    private readonly Action changed;
    private readonly Socket socket;
    private volatile Said claimed = new(LivenessClaim.Silent, null);

    /// <summary>Opens the socket in the thread's network namespace. Throws <see cref="SocketException"/>.</summary>
    public BfdConversation(BfdSpeaker speaker, WatchedTarget watched, uint mark, Action changed, uint discriminator)
    {
        var target = (ProbeTarget.Bfd)watched.Target;
        (this.speaker, this.changed, Peer) = (speaker, changed, target.Address);
        var interval = target.Every ?? watched.Settings.Every;
        interval = interval < BfdParameters.Longest ? interval : BfdParameters.Longest;
        Session = new(new(Math.Clamp(watched.Settings.DownAfter, 1, byte.MaxValue), interval, interval), discriminator);
        socket = BfdDoor.Bound(Peer.Family, watched.Device, out var index);
        Door = new(index, watched.Device, Peer.Family, target.IsMultihop);
        try
        {
            BfdDoor.SendFirst(socket, Peer.Family);
            Mark = mark;
            // The path's addresses are none for a link-local neighbour.
            var local = Peer is { Family: IpFamily.V6, IsLinkLocal: true } ? IPAddress.IPv6Any : watched.Half.LocatorTowards(Peer).ToIPAddress();
            BindToPort(local, watched.Seed);
            socket.Connect(Peer.ToIPAddress(), Door.Port);
        }
        catch
        {
            // Not ours to keep: the caller gets the reason.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Where it is held.</summary>
    public BfdDoor Door { get; }

    /// <summary>With whom.</summary>
    public IpAddress Peer { get; }

    /// <summary>The session.</summary>
    public BfdSession Session { get; }

    /// <inheritdoc/>
    public LivenessClaim Claim => claimed.Claim;

    /// <inheritdoc/>
    public string? Fault => claimed.Fault;

    /// <inheritdoc/>
    public uint Mark
    {
        get;
        set
        {
            if (value != field)
            {
                socket.SetRawSocketOption(SocketLevel, MarkOption, BitConverter.GetBytes(value));
                field = value;
            }
        }
    }

    /// <summary>Sends what is to be sent now, and tells what has come of the session.</summary>
    public void Advance(TimeSpan now, Func<double> random)
    {
        var fault = claimed.Fault;
        while (Session.Take(now, random()) is { } packet)
        {
            fault = Send(packet);
        }
        var claim = Session switch
        {
            { State: BfdState.Up } => LivenessClaim.Alive,
            { RemoteState: BfdState.AdminDown } => LivenessClaim.None,
            _ => LivenessClaim.Silent,
        };
        if (new Said(claim, fault) is var told && told != claimed)
        {
            claimed = told;
            changed();
        }
    }

    /// <summary>Tells the other end that it ends on purpose, and closes the socket.</summary>
    public void End(TimeSpan now)
    {
        Session.Stop();
        if (Session.Take(now, 0) is { } farewell)
        {
            for (var i = 0; i < Farewells; i++)
            {
                Send(farewell);
            }
        }
        socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => speaker.End(this);

    private void BindToPort(IPAddress local, ulong seed)
    {
        for (var i = 0ul; ; i++)
        {
            try
            {
                socket.Bind(new IPEndPoint(local, FirstPort + (int)(((seed >> 16) + i) % (IPEndPoint.MaxPort + 1 - FirstPort))));
                return;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse && i < MostPorts)
            {
                // The next one.
            }
        }
    }

    /// <summary>Sends a packet; gives why it could not be, or null.</summary>
    private string? Send(in BfdPacket packet)
    {
        Span<byte> bytes = stackalloc byte[BfdPacket.Length];
        packet.Write(bytes);
        socket.Send(bytes, SocketFlags.None, out var error);
        if (error == SocketError.ConnectionRefused)
        {
            // That was the answer to the packet before: nobody listens there (yet). This one has not been sent by it.
            socket.Send(bytes, SocketFlags.None, out error);
        }
        return error switch
        {
            SocketError.Success or SocketError.ConnectionRefused => null,
            // It never left. That says nothing of what is behind the first link.
            SocketError.AccessDenied => "kept in by this host's firewall or a prohibiting route",
            _ => new SocketException((int)error).Message,
        };
    }

    private sealed record Said(LivenessClaim Claim, string? Fault);
}
