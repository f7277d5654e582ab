using System.Buffers.Binary;
using System.IO;
using Google.Protobuf;

namespace Waymark.Exchange.Enrollment;

/// <summary>Messages behind their lengths.</summary>
internal static class EnrollmentStream
{
    /// <summary>The longest request in bytes: a key, some names.</summary>
    public const int LongestRequest = 16 << 10;

    /// <summary>The longest answer in bytes: with it comes a revocation list.</summary>
    public const int LongestAnswer = Certificates.RevocationList.LongestBytes * 2;

    /// <summary>Writes a message.</summary>
    public static async Task WriteAsync(Stream stream, IMessage message, CancellationToken cancellationToken)
    {
        var bytes = new byte[4 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        message.WriteTo(bytes.AsSpan(4));
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Reads a message; throws <see cref="EnrollmentException"/> where it is none or longer than it may be, and <see cref="IOException"/> where the other end went.</summary>
    public static async Task<T> ReadAsync<T>(Stream stream, MessageParser<T> parser, int longest, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            var head = new byte[4];
            await stream.ReadExactlyAsync(head, cancellationToken);
            var length = BinaryPrimitives.ReadUInt32BigEndian(head);
            if (length > longest)
            {
                throw new EnrollmentException($"a message of {length} bytes came, and {longest} are taken");
            }
            var body = new byte[length];
            await stream.ReadExactlyAsync(body, cancellationToken);
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            // Foreign bytes.
            throw new EnrollmentException("what came is no message of an enrollment");
        }
    }
}
