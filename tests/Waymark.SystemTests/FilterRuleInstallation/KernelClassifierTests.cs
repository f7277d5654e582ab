using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.PacketClassification;
using Waymark.SystemTests.Faults;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>The kernel's own answers, by <c>waymark classify --by kernel</c>, against the published ones and the naive scan's.</summary>
public sealed class KernelClassifierTests
{
    public static readonly TheoryData<string> Sets = [.. ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k").Take(1)) is var names && names.Any() ? names : ["none"]];

    [Theory]
    [MemberData(nameof(Sets))]
    public void It_gives_the_published_first_match_of_a_standard_filter_set(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        var set = ClassBenchSet.Read(name);
        using var kernel = KernelClassifier.Of([.. set.Rules.Select(rule => rule.Selector)]);
        Assert.True(kernel.Refused.IsEmpty);
        var answers = set.Headers.Take(20_000).Select(header => (header.Packet, header.Expected, Found: kernel.Find(header.Packet, out _))).ToList();
        Assert.All(answers.Where(one => one.Found is not null), one => Assert.Equal(one.Expected, one.Found is >= 0 and var place ? set.Rules[place].Class : 0));
        // Published headers have 0.0.0.0 for any source, by which no packet can be told from others.
        Assert.All(answers.Where(one => one.Found is null), one => Assert.Equal((UInt128)0, one.Packet.Local.Bits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_gives_what_the_scan_does_for_any_fields_of_either_family(int seed)
    {
        var random = new Random(seed);
        FlowSelector[] selectors = [.. Enumerable.Range(0, 200).Select(_ => Selector(random))];
        using var kernel = KernelClassifier.Of(selectors);
        Assert.True(kernel.Refused.IsEmpty, string.Join('\n', kernel.Refused.Select(one => one.Reason)));
        var decided = new HashSet<int>();
        for (var i = 0; i < 3000; i++)
        {
            var packet = Packet(random);
            var expected = Array.FindIndex(selectors, one => one.Matches(packet));
            var found = kernel.Find(packet, out var noAnswer);
            Assert.True(found == expected, $"{packet}: {found} {noAnswer}, not {expected}");
            decided.Add(expected);
        }
        Assert.True(decided.Count > 40, $"{decided.Count} selectors decided");
    }

    [Fact]
    public void A_packet_has_no_user_whoever_asks()
    {
        var packet = Packet(new(1)) with { Protocol = 17, LocalPort = 1, PeerPort = 2, IcmpType = null, IcmpCode = null, Spi = null };
        FlowBox box = new() { Family = packet.Family };
        using var kernel = KernelClassifier.Of([new([box with { User = RangeSet.Of((UInt128)0) }]), new([box with { Group = RangeSet.Of(new NumberRange(0, 5)) }]), new([box with { User = RangeSet.Of(new NumberRange(1, FlowBox.AbsentWord)) }])]);
        Assert.Equal(2, kernel.Find(packet, out _));
    }

    [Fact]
    public void Nothing_of_it_is_seen_where_it_is_asked_and_nothing_is_left()
    {
        string Seen() => Shell.Run("ip -o addr; ip route show table all; ip -6 route show table all; ip rule; ip netns; nft list ruleset; conntrack -L 2>/dev/null");
        var before = Seen();
        using (var kernel = KernelClassifier.Of([FlowSelector.Everything]))
        {
            Assert.Equal(0, kernel.Find(Packet(new(1)), out _));
            Assert.Equal(before, Seen());
        }
        Assert.Equal(before, Seen());
    }

    [Fact]
    public void The_command_prints_an_answer_for_each_packet() => WithFiles(["udp drop;"], ["udp,10.0.0.1,1,10.0.0.2,2", "tcp,10.0.0.1,1,10.0.0.2,2", "udp,0.0.0.0,1,10.0.0.2,2"], command =>
    {
        var (answers, errors) = Answers($"{command} --by kernel");
        Assert.Equal(["1", "-", "?"], answers);
        Assert.Contains("p.csv:3: not answered: the kernel gives a packet from 0.0.0.0 an address on its way\n", errors, StringComparison.Ordinal);
        Assert.Contains("3 packets against 1 policies, ", errors, StringComparison.Ordinal);
        Assert.Contains("; 1 that the kernel does not send or track", errors, StringComparison.Ordinal);
    });

    [Fact]
    public void It_answers_odd_packets_as_the_scan_does_or_says_why_not() => WithFiles(OddPolicies, OddPackets(), command =>
    {
        var (scanned, _) = Answers($"{command} --by naive");
        var (asked, errors) = Answers($"{command} --by kernel");
        var packets = OddPackets();
        var different = packets.Select((packet, i) => (packet, Kernel: asked[i], Scan: scanned[i])).Where(one => one.Kernel != one.Scan).ToList();
        Assert.All(different, one => Assert.Equal("?", one.Kernel));
        Assert.Equal(packets.Where(IsNotAnswered), different.Select(one => one.packet));
        Assert.Equal(20, errors.Split(": not answered: ").Length - 1);
        Assert.Contains($"; {different.Count} that the kernel does not send or track", errors, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("--reuid 1000 --regid 1000 --clear-groups")]
    [InlineData("--bounding-set -net_admin --inh-caps -net_admin")]
    [InlineData("--bounding-set -net_raw --inh-caps -net_raw")]
    public void Who_lacks_a_right_is_told_what_to_do(string without) => WithFiles(["udp drop;"], ["udp,10.0.0.1,1,10.0.0.2,2"], command =>
    {
        var (code, text) = Shell.Try($"setpriv {without} {command} --by kernel");
        Assert.Equal(1, code);
        Assert.StartsWith("waymark: asking the kernel takes the right to ", text, StringComparison.Ordinal);
        Assert.Contains("run it as root, or behind 'unshare --user --map-root-user'", text, StringComparison.Ordinal);
    });

    [Fact]
    public void Any_user_may_ask_of_thousands_of_policies_in_a_user_namespace()
    {
        const string Ordinary = "setpriv --reuid 1000 --regid 1000 --clear-groups unshare --user --map-root-user";
        Assert.SkipUnless(Shell.Try($"{Ordinary} true").Code == 0, "This system lets users make no user namespace (sysctl user.max_user_namespaces, or a security module).");
        // So many that they would not fit into one message to the kernel, whose size a user has no right to raise.
        var policies = Enumerable.Range(0, 3000).Select(i => string.Create(CultureInfo.InvariantCulture, $"tcp peer 2001:db8:{i:x}::/48 port {i + 1} drop;"));
        WithFiles([.. policies, "udp drop;"], ["udp,10.0.0.1,1,10.0.0.2,2", "tcp,10.0.0.1,1,10.0.0.2,2", "tcp,2001:db8::1,1,2001:db8:bb7::2,3000"], command =>
            Assert.Equal(["3001", "-", "3000"], Answers($"{Ordinary} {command} --by kernel").Answers));
    }

    private static readonly string[] OddPolicies =
    [
        "tcp peer port 443 drop;", "udp dscp 8-20 drop;", "local 127.0.0.0/8 drop;", "peer 224.0.0.0/4 drop;", "local 224.0.0.0/4 drop;", "local fe80::/10 drop;", "peer ff00::/8 drop;", "peer 255.255.255.255 drop;",
        "peer ::1 drop;", "proto 47 drop;", "icmp drop;", "udp port 53 drop;", "ip4 dscp 32-40 drop;", "ip6 tcp port 0 drop;", "proto 253 drop;", "ip4 any drop;",
    ];

    /// <summary>Every protocol number; and addresses, ports and code points that packets on a wire rarely have.</summary>
    private static string[] OddPackets()
    {
        var random = new Random(1);
        string[] v4 = ["0.0.0.0", "127.0.0.1", "169.254.1.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"], v6 = ["::", "::1", "::ffff:192.0.2.1", "fe80::1", "ff02::1", "2001:db8::1", "ffff::1"];
        return
        [
            .. from addresses in new[] { v4, v6 }
               from local in addresses
               from peer in addresses
               from protocol in new[] { "tcp", "udp", "gre", addresses == v4 ? "icmp" : "icmpv6" }
               from port in new[] { 0, 53, 443 }
               select string.Create(CultureInfo.InvariantCulture, $"{protocol},{local},{random.Next(65536)},{peer},{port},{random.Next(64)}"),
            .. Enumerable.Range(0, 256).SelectMany(protocol => (string[])[$"{protocol},192.0.2.1,5,198.51.100.1,6,0", $"{protocol},2001:db8::1,5,2001:db8::2,6,0"]),
        ];
    }

    /// <summary>From no address in IPv4; the other family's ICMP; and in IPv6 the numbers of extension headers, and of none (RFC 8200 section 4).</summary>
    private static bool IsNotAnswered(string packet) => packet.Split(',') is [var protocol, var local, ..]
        && (local == "0.0.0.0" || (local.Contains(':', StringComparison.Ordinal) ? protocol is "0" or "1" or "43" or "44" or "51" or "59" or "60" : protocol == "58"));

    private static (string[] Answers, string Errors) Answers(string command)
    {
        var errors = System.IO.Path.GetTempFileName();
        try
        {
            var answers = Shell.Run($"{{ {command} 2>{errors}; }}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return (answers, System.IO.File.ReadAllText(errors));
        }
        finally
        {
            System.IO.File.Delete(errors);
        }
    }

    private static void WithFiles(string[] policies, string[] packets, Action<string> work)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
        try
        {
            System.IO.File.WriteAllLines($"{folder}/a.way", policies);
            System.IO.File.WriteAllLines($"{folder}/p.csv", packets);
            Shell.Run($"chmod -R a+rX {folder}");
            work($"{DaemonProcess.Program("waymark")} classify {folder}/a.way --packets {folder}/p.csv");
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static readonly byte[] Protocols = [1, 6, 17, 33, 47, 50, 51, 58, 132, 136];

    /// <summary>Each family has its own ICMP; and to IPv6 an authentication header is a header on the way to the protocol, not one itself (RFC 4302 section 3.1.1).</summary>
    private static byte Protocol(Random random, IpFamily family) => (Protocols[random.Next(Protocols.Length)], family) switch
    {
        (58, IpFamily.V4) => 1,
        (1, IpFamily.V6) => 58,
        (51, IpFamily.V6) => 50,
        var (protocol, _) => protocol,
    };

    private static IpAddress Address(Random random, IpFamily family, int low) =>
        new(family, (family == IpFamily.V4 ? 0x0b010000 : IpAddress.Parse("2001:db8::").Bits) + (UInt128)random.Next(low, low + 64));

    private static FlowSelector Selector(Random random)
    {
        var family = random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6;
        RangeSet? Some(int chance, Func<RangeSet> make) => random.Next(chance) == 0 ? make() : null;
        RangeSet From(UInt128 first, int count) => RangeSet.Of(new NumberRange(first, first + (UInt128)random.Next(count)));
        RangeSet Addresses(int low) => From(Address(random, family, low).Bits, 8);
        RangeSet Range(int low, int count) => From((UInt128)random.Next(low, low + count), count);
        var spi = Some(20, () => Range(1, 4));
        return new([new FlowBox
        {
            Family = family,
            Local = Some(2, () => Addresses(1)),
            Peer = random.Next(50) == 0 ? null : Addresses(1000),
            Protocol = spi is not null ? RangeSet.Of((UInt128)50) : Some(3, () => RangeSet.Of(Protocol(random, family))),
            LocalPort = Some(6, () => Range(1000, 20)),
            PeerPort = Some(4, () => Range(2000, 20)),
            Dscp = Some(5, () => Range(0, 8)),
            IcmpType = Some(20, () => RangeSet.Of((UInt128)(family == IpFamily.V4 ? 8 : 128))),
            Spi = spi,
            FlowLabel = family == IpFamily.V6 ? Some(10, () => Range(0, 4)) : null,
        }]);
    }

    private static Packet Packet(Random random)
    {
        var family = random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6;
        var protocol = Protocol(random, family);
        var (hasPorts, isIcmp) = (protocol is 6 or 17 or 33 or 132 or 136, protocol is 1 or 58);
        return new()
        {
            Protocol = protocol,
            Local = Address(random, family, 1),
            Peer = Address(random, family, 1000),
            LocalPort = hasPorts ? (ushort)random.Next(1000, 1020) : null,
            PeerPort = hasPorts ? (ushort)random.Next(2000, 2020) : null,
            IcmpType = isIcmp ? (byte)(protocol == 1 ? 8 : 128) : null,
            IcmpCode = isIcmp ? (byte)0 : null,
            Spi = protocol is 50 or 51 ? (uint)random.Next(1, 5) : null,
            FlowLabel = family == IpFamily.V6 ? (uint)random.Next(4) : null,
            Dscp = (byte)random.Next(8),
        };
    }
}
