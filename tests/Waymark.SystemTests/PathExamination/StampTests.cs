using System.Diagnostics;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;
using Waymark.Paths;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Our sender against our reflector, over the real kernel.</summary>
public sealed class StampTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly StampWorld world = new();
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        world.Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_reflector_tells_the_round_trip_and_both_ways(IpFamily family)
    {
        await using var reflector = world.Reflect(null, "192.0.2.0/24", "2001:db8:1::/64");
        using var probe = world.Probe(family);
        for (var i = 0; i < 20; i++)
        {
            var result = await probe.ProbeAsync(StampWorld.Asking(family), Patience, Cancel);
            Assert.Null(result.Fault);
            Assert.InRange(result.RoundTrip!.Value.TotalMilliseconds, 0, 500);
            var ways = result.OneWay!.Value;
            Assert.True(ways.IsMeasured);
            Assert.InRange((ways.Forward + ways.Backward - result.RoundTrip.Value).Duration().TotalMilliseconds, 0, 2);
        }
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Without_the_right_key_there_is_silence(IpFamily family)
    {
        var right = KeyFile("0011223344556677");
        await using var reflector = world.Reflect(StampKey.FromText("0011223344556677"));
        using var probe = world.Probe(family);
        foreach (var wrong in new[] { null, KeyFile("0011223344556678") })
        {
            var silent = await probe.ProbeAsync(StampWorld.Asking(family, key: wrong), TimeSpan.FromMilliseconds(300), Cancel);
            Assert.Equal((null, null), (silent.RoundTrip, silent.Fault));
        }
        Assert.True((await probe.ProbeAsync(StampWorld.Asking(family, key: right), Patience, Cancel)).IsAnswered);
    }

    [Fact]
    public async Task A_key_file_that_others_may_read_is_a_fault_until_it_is_mended()
    {
        var file = KeyFile("secret");
        await using var reflector = world.Reflect(StampKey.FromText("secret"));
        using var probe = world.Probe(IpFamily.V4);
        Shell.Run($"chmod 640 {file}");
        var result = await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4, key: file), Patience, Cancel);
        Assert.Equal($"the key file '{file}' may be read by others; say 'chmod 600 {file}'", result.Fault);
        Shell.Run($"chmod 600 {file}");
        Assert.True((await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4, key: file), Patience, Cancel)).IsAnswered);
        result = await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4, key: file + ".none"), Patience, Cancel);
        Assert.StartsWith($"the key file '{file}.none' cannot be read: ", result.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.11/32", "2001:db8:1::10/128")]
    [InlineData(IpFamily.V6, "192.0.2.10/32", "2001:db8:1::11/128")]
    public async Task Only_the_prefixes_that_are_named_are_answered(IpFamily family, string four, string six)
    {
        await using var reflector = world.Reflect(null, four, six);
        using var probe = world.Probe(family);
        var other = family == IpFamily.V4 ? IpFamily.V6 : IpFamily.V4;
        using var served = world.Probe(other);
        Assert.True((await served.ProbeAsync(StampWorld.Asking(other), Patience, Cancel)).IsAnswered);
        Assert.False((await probe.ProbeAsync(StampWorld.Asking(family), TimeSpan.FromMilliseconds(300), Cancel)).IsAnswered);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task An_answer_leaves_from_the_address_that_was_asked_by_the_device_by_which_it_came(IpFamily family)
    {
        var (number, target) = family == IpFamily.V4 ? (4, "198.51.100.7") : (6, "2001:db8:9::7");
        world.Node.Connect("wan1", world.Far, "far1");
        world.Node.Ip(family == IpFamily.V4 ? "addr add 203.0.113.10/24 dev wan1" : "addr add 2001:db8:2::10/64 dev wan1 nodad");
        world.Far.Ip(family == IpFamily.V4 ? "addr add 203.0.113.1/24 dev far1" : "addr add 2001:db8:2::1/64 dev far1 nodad");
        world.Far.Ip($"addr add {target} dev lo");
        world.Node.Ip($"-{number} route add {target} via {(family == IpFamily.V4 ? "203.0.113.1" : "2001:db8:2::1")} dev wan1");
        // The way back that the system would take leads by the other device; a node that steers has a table for each path.
        world.Far.Ip($"-{number} route del {(family == IpFamily.V4 ? "203.0.113.0/24" : "2001:db8:2::/64")} dev far1");
        world.Far.Ip($"-{number} route add default via {StampWorld.Source(family)} dev far0");
        world.Far.Ip($"-{number} route add {(family == IpFamily.V4 ? "203.0.113.0/24" : "2001:db8:2::/64")} dev far1 table 27101");
        world.Far.Ip($"-{number} rule add oif far1 table 27101");
        world.Far.Run("nft add table inet count");
        world.Far.Run("nft 'add chain inet count out { type filter hook output priority 0; }'");
        world.Far.Run("nft add rule inet count out oifname far0 udp sport 862 counter");
        world.Far.Run("nft add rule inet count out oifname far1 udp sport 862 counter");
        await using var reflector = world.Reflect(null, "0.0.0.0/0", "::/0");
        using var probe = world.Probe(family, "wan1");
        Assert.True((await probe.ProbeAsync(new ProbeTarget.Stamp(IpAddress.Parse(target), 862, null), Patience, Cancel)).IsAnswered);
        var counted = world.Far.Run("nft list table inet count");
        Assert.Contains("\"far0\" udp sport 862 counter packets 0 ", counted, StringComparison.Ordinal);
        Assert.Contains("\"far1\" udp sport 862 counter packets 1 ", counted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IpFamily.V4, null)]
    [InlineData(IpFamily.V6, null)]
    [InlineData(IpFamily.V4, "secret")]
    public async Task Another_programs_dissector_reads_our_packets(IpFamily family, string? key)
    {
        var capture = System.IO.Path.Combine(folder, "capture");
        using var tcpdump = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", world.Far.Name, "tcpdump", "-i", "far0", "-U", "-Z", "root", "-w", capture, "udp"]) { RedirectStandardError = true })!;
        try
        {
            while (await tcpdump.StandardError.ReadLineAsync(Cancel) is { } line && !line.Contains("listening on", StringComparison.Ordinal))
            {
            }
            await using var reflector = world.Reflect(key is null ? null : StampKey.FromText(key), "0.0.0.0/0", "::/0");
            using var probe = world.Probe(family);
            var file = key is null ? null : KeyFile(key);
            for (var i = 0; i < 3; i++)
            {
                Assert.True((await probe.ProbeAsync(StampWorld.Asking(family, key: file), Patience, Cancel)).IsAnswered);
            }
            string Read(string arguments) => Shell.Run($"(tshark -r {capture} -d udp.port==862,twamp.test {arguments} 2>/dev/null)");
            Assert.True(DaemonProcess.Eventually(() => Read("-Y twamp.test").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 6), Read(""));
            Assert.Equal("", Read("-Y _ws.malformed"));
            if (key is null)
            {
                // Its dissector knows the unauthenticated layout: sequence numbers, the sender's in the reply, the sender's TTL.
                Assert.Equal("0;0;1;1;2;2", Read("-Y twamp.test -T fields -e twamp.test.seq_number").Trim().Replace('\n', ';'));
                Assert.Equal("0 255;1 255;2 255", Read("-Y 'udp.srcport == 862' -T fields -E separator=/s -e twamp.test.sender_seq_number -e twamp.test.sender_ttl").Trim().Replace('\n', ';'));
            }
        }
        finally
        {
            tcpdump.Kill();
        }
    }

    [Theory]
    [InlineData("input", 0.25, 0)]
    [InlineData("output", 0, 0.25)]
    public async Task Loss_is_told_by_its_direction(string hook, double forward, double backward)
    {
        world.Far.Run("nft add table inet lossy");
        world.Far.Run($"nft 'add chain inet lossy way {{ type filter hook {hook} priority 0; }}'");
        await using var reflector = world.Reflect(null, "0.0.0.0/0");
        using var probe = world.Probe(IpFamily.V4);
        // One that is lost on the way there, so that the reflector is seen to count.
        Assert.True((await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), Patience, Cancel)).IsAnswered);
        world.Far.Run("nft 'add chain inet lossy first { type filter hook input priority 1; }'");
        world.Far.Run("nft 'add rule inet lossy first udp dport 862 drop'");
        Assert.False((await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), TimeSpan.FromMilliseconds(200), Cancel)).IsAnswered);
        world.Far.Run("nft flush chain inet lossy first");
        world.Far.Run($"nft 'add rule inet lossy way udp {(hook == "input" ? "dport" : "sport")} 862 numgen inc mod 4 == 3 drop'");
        DirectionalLoss? last = null;
        for (var i = 0; i < 120; i++)
        {
            last = (await probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), i % 4 == 3 ? TimeSpan.FromMilliseconds(50) : Patience, Cancel)).Losses ?? last;
        }
        Assert.NotNull(last);
        Assert.InRange(last.Value.Forward, forward - 0.03, forward + 0.03);
        Assert.InRange(last.Value.Backward, backward - 0.03, backward + 0.03);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_path_that_is_examined_by_STAMP_alone_is_up_with_the_jitter_of_the_way(IpFamily family)
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0", "::/0");
        var settings = new ProbeSettings { Targets = [StampWorld.Asking(family)], Every = TimeSpan.FromMilliseconds(50) };
        var path = new Path
        {
            Id = new("ip", "wan0"),
            Name = "wan0",
            Device = "wan0",
            DeviceIndex = 1,
            Halves = [new PathHalf { Family = family, Locators = [IpAddress.Parse(StampWorld.Source(family))] }],
        };
        var seen = new TaskCompletionSource<PathCharacteristics>();
        await using var examiner = world.Node.Network.Run(() => new PathExaminer(new(_ => settings, _ => new Dictionary<string, Measured>(), _ => 0), Look, world.Thread, 1));
        world.Node.Network.Run(() => examiner.Examine(new([path])));
        var values = await seen.Task.WaitAsync(TimeSpan.FromSeconds(15), Cancel);
        Assert.Empty(examiner.Faults);
        Assert.True(values.TryGet(PathCharacteristics.Up(family), out var up) && up is { Value.Flag: true, IsEstimated: false, Source: "stamp" });
        Assert.True(values.TryGet("delay", out var delay) && delay.IsEstimated == !ClockReading.Now().IsSynchronized);

        void Look(CharacteristicsSet set)
        {
            if (set.Of(path.Id).TryGet("jitter", out var jitter) && jitter is { Source: "stamp", IsEstimated: false, Samples: > 5 })
            {
                seen.TrySetResult(set.Of(path.Id));
            }
        }
    }

    [Fact]
    public void The_kernel_is_asked_whether_the_clock_is_kept()
    {
        const string Question = "import ctypes; b = ctypes.create_string_buffer(256); ctypes.CDLL(None).clock_adjtime(0, b); print(int.from_bytes(b[40:44], 'little') & 0x40)";
        Assert.Equal(Shell.Run($"python3 -c \"{Question}\"").Trim() == "0", ClockReading.Now().IsSynchronized);
    }

    private string KeyFile(string text)
    {
        var file = System.IO.Path.Combine(folder, text);
        System.IO.File.WriteAllText(file, text + "\n");
        System.IO.File.SetUnixFileMode(file, System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite);
        return file;
    }
}
