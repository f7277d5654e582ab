using System.Buffers.Binary;

namespace Waymark.PathExamination.BfdSessions;

/// <summary>A control packet (RFC 5880 section 4.1), without authentication.</summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
///  |                       My Discriminator                        |
///  |                      Your Discriminator                       |
///  |                    Desired Min TX Interval                    |
///  |                   Required Min RX Interval                    |
///  |                 Required Min Echo RX Interval                 |
/// </code>
/// </remarks>
public readonly record struct BfdPacket
{
    /// <summary>The length of one without authentication.</summary>
    public const int Length = 24;

    private const int Version = 1;
    private const int PollBit = 0x20;
    private const int FinalBit = 0x10;
    private const int ControlPlaneIndependentBit = 0x08;
    private const int AuthenticationBit = 0x04;
    private const int DemandBit = 0x02;
    private const int MultipointBit = 0x01;

    /// <summary>Type and length of the authentication section.</summary>
    private const int LeastAuthentication = 2;

    /// <summary>The sender's state.</summary>
    public BfdState State { get; init; }

    /// <summary>Why it changed last.</summary>
    public BfdDiagnostic Diagnostic { get; init; }

    /// <summary>P: asks for an answer at once, to confirm parameters.</summary>
    public bool IsPoll { get; init; }

    /// <summary>F: answers a poll.</summary>
    public bool IsFinal { get; init; }

    /// <summary>C: the sender's sessions outlive its control plane.</summary>
    public bool IsControlPlaneIndependent { get; init; }

    /// <summary>A: an authentication section follows.</summary>
    public bool HasAuthentication { get; init; }

    /// <summary>D: the sender wants no packets at intervals while both are up.</summary>
    public bool IsDemand { get; init; }

    /// <summary>How many packets in a row may be lost, 1 to 255.</summary>
    public byte DetectMultiplier { get; init; }

    /// <summary>The sender's number for the session; never 0.</summary>
    public uint MyDiscriminator { get; init; }

    /// <summary>The receiver's number for it; 0: the sender does not know it yet.</summary>
    public uint YourDiscriminator { get; init; }

    /// <summary>The least time between packets that the sender would like to send, microseconds.</summary>
    public uint DesiredMinTransmit { get; init; }

    /// <summary>The least time between packets that the sender can receive, microseconds; 0: it wants none at intervals.</summary>
    public uint RequiredMinReceive { get; init; }

    /// <summary>The least time between echo packets that the sender can send back, microseconds; 0: it sends none back.</summary>
    public uint RequiredMinEchoReceive { get; init; }

    /// <summary>
    /// Reads one that came from anywhere, with every check that RFC 5880 section 6.8.6 makes before a session is looked for; false: it is none. What follows the packet
    /// in the datagram is passed over.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BfdPacket packet)
    {
        packet = default;
        if (bytes.Length < Length || bytes[0] >> 5 != Version)
        {
            return false;
        }
        var (flags, multiplier, length) = (bytes[1], bytes[2], bytes[3]);
        var hasAuthentication = (flags & AuthenticationBit) != 0;
        var (mine, yours) = (BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        var state = (BfdState)(flags >> 6);
        if (length < Length + (hasAuthentication ? LeastAuthentication : 0) || length > bytes.Length || multiplier == 0 || (flags & MultipointBit) != 0 || mine == 0
            || (yours == 0 && state is not (BfdState.Down or BfdState.AdminDown)))
        {
            return false;
        }
        packet = new()
        {
            State = state,
            Diagnostic = (BfdDiagnostic)(bytes[0] & 0x1f),
            IsPoll = (flags & PollBit) != 0,
            IsFinal = (flags & FinalBit) != 0,
            IsControlPlaneIndependent = (flags & ControlPlaneIndependentBit) != 0,
            HasAuthentication = hasAuthentication,
            IsDemand = (flags & DemandBit) != 0,
            DetectMultiplier = multiplier,
            MyDiscriminator = mine,
            YourDiscriminator = yours,
            DesiredMinTransmit = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
            RequiredMinReceive = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]),
            RequiredMinEchoReceive = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]),
        };
        return true;
    }

    /// <summary>Writes <see cref="Length"/> bytes. One that has authentication throws <see cref="InvalidOperationException"/>: its section is not kept.</summary>
    public void Write(Span<byte> bytes)
    {
        if (HasAuthentication)
        {
            throw new InvalidOperationException("A packet with authentication cannot be written: its section is not kept.");
        }
        bytes[0] = (byte)((Version << 5) | (int)Diagnostic);
        bytes[1] = (byte)(((int)State << 6) | (IsPoll ? PollBit : 0) | (IsFinal ? FinalBit : 0) | (IsControlPlaneIndependent ? ControlPlaneIndependentBit : 0) | (IsDemand ? DemandBit : 0));
        bytes[2] = DetectMultiplier;
        bytes[3] = Length;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], MyDiscriminator);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], YourDiscriminator);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], DesiredMinTransmit);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], RequiredMinReceive);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[20..], RequiredMinEchoReceive);
    }
}
