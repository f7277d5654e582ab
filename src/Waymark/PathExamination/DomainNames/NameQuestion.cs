using System.Buffers.Binary;

namespace Waymark.PathExamination.DomainNames;

/// <summary>
/// A question to a name server, alone in its message (RFC 1035 section 4.1): the addresses of a name, or the name servers of the root, which every resolver knows without asking others.
/// </summary>
/// <param name="Id">Tells it from others under way; only an answer that bears it counts.</param>
/// <param name="Name">The name that is asked for.</param>
public sealed record NameQuestion(ushort Id, DomainName Name)
{
    /// <summary>Of the header of every message.</summary>
    internal const int HeaderBytes = 12;

    private const ushort Internet = 1;

    /// <summary>Recursion desired: who is asked are resolvers.</summary>
    private const ushort Flags = 0x0100;

    /// <summary>How long the message is.</summary>
    public int Bytes => HeaderBytes + Name.Bytes + 4;

    /// <summary>NS of the root, A of everything else.</summary>
    private ushort Type => (ushort)(Name.IsRoot ? 2 : 1);

    /// <summary>Writes the message.</summary>
    /// <param name="to">At least <see cref="Bytes"/>.</param>
    public void Write(Span<byte> to)
    {
        to[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(to, Id);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], Flags);
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], 1);
        WriteQuestion(to[HeaderBytes..]);
    }

    /// <summary>Writes what stands behind the header.</summary>
    internal void WriteQuestion(Span<byte> to)
    {
        var at = Name.Write(to);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], Type);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 2)..], Internet);
    }
}
