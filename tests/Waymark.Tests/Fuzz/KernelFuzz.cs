using System.Diagnostics;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.LegacyTables;
using Waymark.Linux.LinkReading;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Tests.Fuzz;

/// <summary>
/// Messages of attributes in attributes, of any type and length, as kernels of other versions and other programs' rules may bring them: every reader of them ends, and none throws.
/// </summary>
public sealed class KernelFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(1);

    /// <summary>Names that readers know, so that more than their first branch is reached.</summary>
    private static readonly string[] Names = ["meta", "ct", "payload", "cmp", "range", "bitwise", "byteorder", "lookup", "immediate", "fib", "hash", "nat", "reject", "socket", "counter", "limit", "notrack"];

    [Fact]
    public void Readers_of_nf_tables_take_anything() => Run(1, (random, message) =>
    {
        _ = ExpressionMessages.Read(message.Attributes(4));
        _ = ExpressionMessages.ReadVerdict(message.Attributes(4));
        _ = ExpressionMessages.ReadValue(message.Attributes(4));
        _ = MarkWriteReading.Read(message.Attributes(4));
    });

    /// <summary>Kernels have twenty registers; what names another is a rule that is not understood.</summary>
    [Fact]
    public void A_rule_with_a_register_that_there_is_not_is_a_foreign_one()
    {
        foreach (var register in new uint[] { 0, 5, 24, 0x8000_0000, uint.MaxValue })
        {
            // "meta load mark => register", as attributes in attributes.
            byte[] body = [8, 0, 2, 0, 0, 0, 0, 3, 8, 0, 1, 0, (byte)(register >> 24), (byte)(register >> 16 & 0xff), (byte)(register >> 8 & 0xff), (byte)(register & 0xff)];
            byte[] bytes = [9, 0, 1, 0, .. "meta\0"u8, 0, 0, 0, (byte)(4 + body.Length), 0, 2, 0x80, .. body];
            Assert.Equal(new NftablesExpression.Foreign("meta"), ExpressionMessages.Read(new(bytes)));
        }
    }

    [Fact]
    public void Readers_of_connections_and_sockets_take_anything() => Run(2, (random, message) =>
    {
        _ = ConnectionTracking.Read(message);
        _ = SocketMessages.Read(message);
        _ = SocketMessages.Measurement(message.Body);
    });

    [Fact]
    public void Readers_of_links_and_legacy_tables_take_anything() => Run(3, (random, message) =>
    {
        _ = LinkSpeed.Read(message);
        _ = WirelessLink.Read(message);
        foreach (var table in new[] { new LegacyTable(Waymark.Flows.IpFamily.V4, "mangle"), new LegacyTable(Waymark.Flows.IpFamily.V6, "mangle") })
        {
            _ = LegacyRuleReading.MarkRules(table, [0, 100, null, 300], message.Body);
        }
    });

    private delegate void Reading(Random random, NetlinkMessage message);

    private static void Run(int seed, Reading once)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < Box; round++)
        {
            var random = new Random((seed * 1_000_000) + round);
            try
            {
                // A header of some length, then attributes.
                byte[] body = [.. Bytes(random, random.Next(0, 120)), .. Attributes(random, depth: 0)];
                once(random, new((ushort)random.Next(70), 0, 1, body));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", fault);
            }
        }
    }

    private static byte[] Attributes(Random random, int depth)
    {
        var all = new List<byte>();
        for (var count = random.Next(0, 6); count > 0; count--)
        {
            byte[] value = random.Next(4) switch
            {
                0 when depth < 4 => Attributes(random, depth + 1),
                1 => [.. System.Text.Encoding.ASCII.GetBytes(Names[random.Next(Names.Length)]), 0],
                2 => [0, 0, 0, (byte)random.Next(20)],
                _ => Bytes(random, random.Next(0, 24)),
            };
            // Now and then a length that is not true.
            var length = random.Next(40) == 0 ? random.Next(0, value.Length + 12) : value.Length + 4;
            all.AddRange([(byte)(length & 0xff), (byte)(length >> 8), (byte)random.Next(0, 12), random.Next(3) == 0 ? (byte)0x80 : (byte)0, .. value]);
            while (all.Count % 4 != 0)
            {
                all.Add(0);
            }
        }
        return [.. all];
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
