using System.Diagnostics;

namespace Waymark.PathExamination.BfdSessions;

/// <summary>
/// One end of a session in asynchronous mode (RFC 5880 section 6.8), in the active role, without authentication and echo. It has no clock, socket or randomness:
/// who drives it gives it what came (<see cref="Receive"/>), and asks it what to send (<see cref="Take"/>) after that and whenever <see cref="Due"/> has come, until
/// there is no more. Times are those since any fixed moment. Not safe for several threads at once.
/// </summary>
/// <remarks>
/// What the other end says moves it so (section 6.8.6); silence for the detection time moves Init and Up to Down.
/// <code>
///            hears Down              hears Init, Up
///   Down ------------------> Init ------------------> Up
///   Down ----------------------------------------> Up      hears Init
///   Init, Up -----------------------------------> Down     hears AdminDown; Up: hears Down
/// </code>
/// </remarks>
public sealed class BfdSession
{
    /// <summary>While a session is not up, its packets are at least so far apart (section 6.8.3): no storm towards a system that may not be there.</summary>
    public static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(1);

    /// <summary>What is taken of the other end before it has said anything (section 6.8.1): 1 us.</summary>
    private static readonly TimeSpan LeastUnknown = TimeSpan.FromMicroseconds(1);

    private readonly PollSequence poll = new();
    private BfdParameters parameters;
    private TimeSpan desired;
    private TimeSpan desiredInForce;
    private TimeSpan requiredInForce;
    private TimeSpan remoteMinReceive = LeastUnknown;
    private TimeSpan remoteMinTransmit;
    private int remoteMultiplier;
    private bool isDemanded;
    private bool isFinalOwed;
    private TimeSpan? heardAt;
    private TimeSpan? forgivenUntil;
    private TimeSpan? sentAt;
    private double spread;
    private BfdPacket told;
    private TimeSpan? expected;

    /// <summary>Begins a session, down.</summary>
    /// <param name="parameters">What this end asks for.</param>
    /// <param name="discriminator">This end's number for it, unique here and not 0 (<c>bfd.LocalDiscr</c>).</param>
    public BfdSession(BfdParameters parameters, uint discriminator)
    {
        ArgumentOutOfRangeException.ThrowIfZero(discriminator);
        (this.parameters, Discriminator) = (parameters, discriminator);
        desired = desiredInForce = Longer(parameters.DesiredMinTransmit, SlowStart);
        requiredInForce = parameters.RequiredMinReceive;
    }

    /// <summary>This end's number for the session.</summary>
    public uint Discriminator { get; }

    /// <summary>The other end's number for it; 0: not known.</summary>
    public uint RemoteDiscriminator { get; private set; }

    /// <summary>This end's state.</summary>
    public BfdState State { get; private set; } = BfdState.Down;

    /// <summary>What the other end said last of its own state; <see cref="BfdState.Down"/> before it said anything.</summary>
    public BfdState RemoteState { get; private set; } = BfdState.Down;

    /// <summary>Why <see cref="State"/> changed last.</summary>
    public BfdDiagnostic Diagnostic { get; private set; }

    /// <summary>The time between our packets, before it is spread (section 6.8.7).</summary>
    public TimeSpan TransmitInterval => Longer(desiredInForce, remoteMinReceive);

    /// <summary>After how long a silence the session is down (section 6.8.4); 0 while nothing was heard.</summary>
    public TimeSpan DetectionTime => remoteMultiplier * RemoteInterval;

    /// <summary>When <see cref="Take"/> has to be asked next, unless something is received before; null: not at all. In the past: now.</summary>
    public TimeSpan? Due => (NextPacket, Deadline) switch
    {
        ({ } packet, { } deadline) => packet < deadline ? packet : deadline,
        var (packet, deadline) => packet ?? deadline,
    };

    /// <summary>The longest time between packets of the other end.</summary>
    private TimeSpan RemoteInterval => Longer(requiredInForce, remoteMinTransmit);

    private TimeSpan? Deadline => heardAt is { } heard ? forgivenUntil ?? heard + DetectionTime : null;

    /// <summary>When the next packet is due of itself; null: the other end wants none at intervals (section 6.8.7).</summary>
    private TimeSpan? NextPacket =>
        remoteMinReceive == TimeSpan.Zero || (isDemanded && State == BfdState.Up && RemoteState == BfdState.Up && !poll.IsUnderWay) ? null
        : sentAt is { } sent ? sent + (TransmitInterval * Jitter)
        : TimeSpan.MinValue;

    /// <summary>Packets come 75 to 100 % of the interval apart, with a multiplier of 1 at most 90 %: else the least delay would be a failure (section 6.8.7).</summary>
    private double Jitter => 0.75 + (spread * (parameters.DetectMultiplier == 1 ? 0.15 : 0.25));

    /// <summary>
    /// Takes a packet in; false: it is not for this session, or authenticated though nothing is agreed, and changed nothing. <see cref="Take"/> is to be asked then.
    /// </summary>
    /// <param name="packet">What came, from the session's other end.</param>
    /// <param name="at">When it came to this host, which may be long before it is taken in here.</param>
    public bool Receive(in BfdPacket packet, TimeSpan at)
    {
        if (packet.HasAuthentication || (packet.YourDiscriminator != 0 && packet.YourDiscriminator != Discriminator))
        {
            return false;
        }
        (RemoteDiscriminator, RemoteState, isDemanded) = (packet.MyDiscriminator, packet.State, packet.IsDemand);
        remoteMinReceive = TimeSpan.FromMicroseconds(packet.RequiredMinReceive);
        remoteMinTransmit = TimeSpan.FromMicroseconds(packet.DesiredMinTransmit);
        remoteMultiplier = packet.DetectMultiplier;
        if (packet.IsFinal && poll.End())
        {
            (desiredInForce, requiredInForce) = (desired, parameters.RequiredMinReceive);
        }
        if (State == BfdState.AdminDown)
        {
            return true;
        }
        (heardAt, forgivenUntil) = (Longer(at, heardAt ?? at), null);
        isFinalOwed |= packet.IsPoll;
        switch (State, packet.State)
        {
            case (BfdState.Down, BfdState.Down):
                Become(BfdState.Init, Diagnostic);
                break;
            case (BfdState.Down, BfdState.Init):
            case (BfdState.Init, BfdState.Init or BfdState.Up):
                Become(BfdState.Up, BfdDiagnostic.None);
                break;
            case (BfdState.Init or BfdState.Up, BfdState.AdminDown):
            case (BfdState.Up, BfdState.Down):
                Become(BfdState.Down, BfdDiagnostic.NeighborSignaledDown);
                break;
            case (BfdState.Down, BfdState.AdminDown or BfdState.Up):
            case (BfdState.Init, BfdState.Down):
            case (BfdState.Up, BfdState.Init or BfdState.Up):
                break;
            default:
                throw new UnreachableException();
        }
        return true;
    }

    /// <summary>
    /// Lets time pass, and gives a packet that is to be sent now; null: none (more). Everything that has come until <paramref name="now"/> has to be taken in before.
    /// </summary>
    /// <param name="now">The moment.</param>
    /// <param name="random">From 0, below 1, new at every call: of the spread of packets.</param>
    public BfdPacket? Take(TimeSpan now, double random)
    {
        Expire(now);
        BfdPacket? taken = null;
        if (isFinalOwed)
        {
            // At once, whatever the interval (section 6.8.7); the packets at intervals go on beside it.
            isFinalOwed = false;
            told = Packet();
            taken = told with { IsFinal = true };
        }
        else if (NextPacket is { } next && (now >= next || Packet() != told))
        {
            // What has changed is told at once too, so that both ends come up and go down without waiting for an interval.
            told = Packet();
            taken = told with { IsPoll = poll.IsUnderWay };
            (sentAt, spread) = (now, random);
            poll.Sent();
        }
        expected = Due;
        return taken;
    }

    /// <summary>Asks for something else from now on; while up it takes effect when the other end has confirmed it, where that end would else be surprised (section 6.8.3).</summary>
    public void Change(BfdParameters wanted)
    {
        var isOther = wanted.RequiredMinReceive != parameters.RequiredMinReceive;
        parameters = wanted;
        PutInForce(isOther);
    }

    /// <summary>Takes the session down on purpose; the other end is told why, and may know from it that the path did not fail (section 6.8.16).</summary>
    public void Stop() => Become(BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown);

    private void Expire(TimeSpan now)
    {
        if (Deadline is not { } deadline || now < deadline)
        {
            return;
        }
        if (forgivenUntil is null && now - (expected ?? now) > RemoteInterval)
        {
            // It is this host that has slept, and with it perhaps the part of the kernel that receives: the other end gets one more interval to be heard.
            forgivenUntil = now + RemoteInterval;
            return;
        }
        // The system that said all this may be another one, or none, when something is heard again; only its discriminator has to go by the letter of section 6.8.1.
        (RemoteDiscriminator, remoteMinReceive, remoteMinTransmit, remoteMultiplier, isDemanded) = (0, LeastUnknown, default, 0, false);
        (heardAt, forgivenUntil) = (null, null);
        if (State is BfdState.Init or BfdState.Up)
        {
            Become(BfdState.Down, BfdDiagnostic.DetectionTimeExpired);
        }
    }

    private void Become(BfdState state, BfdDiagnostic diagnostic)
    {
        (State, Diagnostic) = (state, diagnostic);
        PutInForce(isOther: false);
    }

    /// <summary>Says what is wanted in this state, and obeys it at once where that surprises nobody (section 6.8.3).</summary>
    private void PutInForce(bool isOther)
    {
        var wanted = State == BfdState.Up ? parameters.DesiredMinTransmit : Longer(parameters.DesiredMinTransmit, SlowStart);
        if (wanted != desired || isOther)
        {
            desired = wanted;
            poll.Begin();
        }
        if (State != BfdState.Up || desired < desiredInForce)
        {
            desiredInForce = desired;
        }
        if (State != BfdState.Up || parameters.RequiredMinReceive > requiredInForce)
        {
            requiredInForce = parameters.RequiredMinReceive;
        }
    }

    /// <summary>What this end says now, P and F left out.</summary>
    private BfdPacket Packet() => new()
    {
        State = State,
        Diagnostic = Diagnostic,
        DetectMultiplier = parameters.DetectMultiplier,
        MyDiscriminator = Discriminator,
        YourDiscriminator = RemoteDiscriminator,
        DesiredMinTransmit = (uint)desired.TotalMicroseconds,
        RequiredMinReceive = (uint)parameters.RequiredMinReceive.TotalMicroseconds,
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
