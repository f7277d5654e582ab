using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Waymark.Flows;
using Waymark.Linux.LegacyTables;

namespace Waymark.Tests.LegacyTables;

/// <summary>The bytes of the old tables; what the kernel itself gives is read by the system tests.</summary>
public sealed class LegacyRuleReadingTests
{
    [Theory]
    [InlineData(IpFamily.V4, "iptables-legacy")]
    [InlineData(IpFamily.V6, "ip6tables-legacy")]
    public void Rules_are_told_by_chain_and_number(IpFamily family, string program)
    {
        byte[] mark = [.. Entry(family, "MARK", [0, 0, 0, 2, 0, 0, 0, 2])], other = [.. Entry(family, "", [0, 0, 0, 0])];
        byte[] table = [.. other, .. other, .. mark, .. Entry(family, "ERROR", Encoding.ASCII.GetBytes("mine\0")), .. other, .. Entry(family, "CONNMARK", [0, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 1, 0, 0, 0])];
        var rules = LegacyRuleReading.MarkRules(new(family, "mangle"), [null, null, null, (uint)other.Length, null], table);
        Assert.Equal(
            [
                new($"the table 'mangle' of {program}", "OUTPUT", "rule 2", new(IsConnection: false, 0x02000000, null)),
                new($"the table 'mangle' of {program}", "mine", "rule 2", new(IsConnection: true, 0xff, null)),
            ],
            rules);
    }

    [Fact]
    public void Whatever_the_bytes_are_reading_ends() =>
        Gen.Select(Gen.Byte.Array[0, 600], Gen.Bool, Gen.UShort[0, 400], Gen.UShort[0, 400], Gen.UInt[0, 600]).Sample((bytes, isV4, target, next, hook) =>
        {
            var offsets = isV4 ? 88 : 140;
            if (bytes.Length >= offsets + 4)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offsets), target);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offsets + 2), next);
            }
            Assert.True(LegacyRuleReading.MarkRules(new(isV4 ? IpFamily.V4 : IpFamily.V6, "mangle"), [hook, null], bytes).Count <= bytes.Length);
        });

    /// <summary>An entry without matches.</summary>
    private static byte[] Entry(IpFamily family, string target, byte[] data)
    {
        var (offsets, header) = family == IpFamily.V4 ? (88, 112) : (140, 168);
        var entry = new byte[header + 32 + ((data.Length + 7) / 8 * 8)];
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(offsets), (ushort)header);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(offsets + 2), (ushort)entry.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(header), (ushort)(entry.Length - header));
        Encoding.ASCII.GetBytes(target, entry.AsSpan(header + 2));
        data.CopyTo(entry.AsSpan(header + 32));
        return entry;
    }
}
