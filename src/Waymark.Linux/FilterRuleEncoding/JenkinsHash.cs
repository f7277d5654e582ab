using System.Buffers.Binary;
using System.Numerics;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>Bob Jenkins' lookup3 as the kernel has it (linux/jhash.h), by which nf_tables spreads: so that we can say where a flow goes without sending it.</summary>
internal static class JenkinsHash
{
    /// <summary>The slot, 0 to <paramref name="modulus"/> - 1, of a key.</summary>
    public static uint Slot(ReadOnlySpan<byte> key, uint seed, uint modulus) => (uint)(((ulong)Of(key, seed) * modulus) >> 32);

    /// <summary>The hash of a key.</summary>
    public static uint Of(ReadOnlySpan<byte> key, uint seed)
    {
        unchecked
        {
            uint a = 0xdeadbeef + (uint)key.Length + seed, b = a, c = a;
            while (key.Length > 12)
            {
                a += Word(key);
                b += Word(key[4..]);
                c += Word(key[8..]);
                a = (a - c) ^ BitOperations.RotateLeft(c, 4);
                c += b;
                b = (b - a) ^ BitOperations.RotateLeft(a, 6);
                a += c;
                c = (c - b) ^ BitOperations.RotateLeft(b, 8);
                b += a;
                a = (a - c) ^ BitOperations.RotateLeft(c, 16);
                c += b;
                b = (b - a) ^ BitOperations.RotateLeft(a, 19);
                a += c;
                c = (c - b) ^ BitOperations.RotateLeft(b, 4);
                b += a;
                key = key[12..];
            }
            if (key.IsEmpty)
            {
                return c;
            }
            Span<byte> last = stackalloc byte[12];
            last.Clear();
            key.CopyTo(last);
            a += Word(last);
            b += Word(last[4..]);
            c += Word(last[8..]);
            c = (c ^ b) - BitOperations.RotateLeft(b, 14);
            a = (a ^ c) - BitOperations.RotateLeft(c, 11);
            b = (b ^ a) - BitOperations.RotateLeft(a, 25);
            c = (c ^ b) - BitOperations.RotateLeft(b, 16);
            a = (a ^ c) - BitOperations.RotateLeft(c, 4);
            b = (b ^ a) - BitOperations.RotateLeft(a, 14);
            return (c ^ b) - BitOperations.RotateLeft(b, 24);
        }
    }

    private static uint Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
