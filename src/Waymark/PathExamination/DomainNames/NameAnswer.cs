using System.Buffers.Binary;

namespace Waymark.PathExamination.DomainNames;

/// <summary>
/// What a name server said to a question, as far as it tells whether the server works: the response code (RFC 1035 section 4.1.1). What it found is not read, and an answer that was cut off
/// (TC) is one.
/// </summary>
/// <param name="Code">The response code, 0 to 15.</param>
public readonly record struct NameAnswer(int Code)
{
    private const int ServerFailure = 2;
    private const int Refused = 5;

    /// <summary>No message over UDP is longer unless it was asked for (RFC 1035 section 4.2.1; we ask for nothing).</summary>
    public const int MostBytes = 512;

    /// <summary>Why the server did not look: <c>SERVFAIL</c> or <c>REFUSED</c>; null: it did, whatever it found.</summary>
    public string? Failure => Code switch
    {
        ServerFailure => "SERVFAIL",
        Refused => "REFUSED",
        _ => null,
    };

    /// <summary>The identifier of a message; null where it is too short to have a header.</summary>
    public static ushort? IdOf(ReadOnlySpan<byte> message) => message.Length < NameQuestion.HeaderBytes ? null : BinaryPrimitives.ReadUInt16BigEndian(message);

    /// <summary>
    /// Reads a message; false where it is no answer to <paramref name="question"/>: another identifier, no response, or another question than ours. Letters are compared without their case:
    /// servers are free to change it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, NameQuestion question, out NameAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(question);
        answer = default;
        // QR is set and OPCODE is QUERY; one question, and it is ours. Names in it are never compressed: there is nothing before it.
        if (message.Length < question.Bytes || IdOf(message) != question.Id || (message[2] & 0xf8) != 0x80 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return false;
        }
        Span<byte> asked = stackalloc byte[question.Bytes - NameQuestion.HeaderBytes];
        question.WriteQuestion(asked);
        if (!IsSame(asked[..^4], message[NameQuestion.HeaderBytes..(question.Bytes - 4)]) || !asked[^4..].SequenceEqual(message[(question.Bytes - 4)..question.Bytes]))
        {
            return false;
        }
        answer = new(message[3] & 15);
        return true;
    }

    /// <summary>Lengths of labels are below 64 and no letters, so that they are compared as they are.</summary>
    private static bool IsSame(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        for (var i = 0; i < one.Length; i++)
        {
            if (Lower(one[i]) != Lower(other[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
}
