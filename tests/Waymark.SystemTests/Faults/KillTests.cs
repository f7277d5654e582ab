using System.Text.RegularExpressions;
using Waymark.Flows;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The real daemon dies, as if by SIGKILL, between any two changes of the kernel.</summary>
public sealed partial class KillTests
{
    private const int Port = 1500;

    [Fact]
    public void Killed_at_each_point_of_an_apply_it_leaks_nothing_and_its_next_life_ends_what_it_began()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        var faults = $"WAYMARKD_FAULTS={daemon.In("fault")}";
        var tap = new Tap(world, Port);
        daemon.Write("policy.way", Policies(0));
        daemon.StartUp(faults);
        daemon.Ask($"apply -f {daemon.In("policy.way")}");
        var point = 1;
        for (; ; point++)
        {
            using (new Traffic(world, IpFamily.V4, Port))
            using (new Traffic(world, IpFamily.V6, Port))
            {
                // What others have taken away has to be put back by the same apply: more to die in.
                World.Ip(world.NodeName, "route flush table 27103; -6 route flush table 27101; " + string.Join("; ", new[] { "", "-6 " }.SelectMany(family =>
                    new[] { "7130", "7130", "7130", "7140", "7140", "7110 fwmark 0x1000000/0x3f000000" }.Select(rule => $"{family}rule del pref {rule}"))));
                daemon.Write("policy.way", Policies(point));
                daemon.Write("fault", $"kill {point}");
                if (daemon.TryAsk($"apply -f {daemon.In("policy.way")}").Code == 0)
                {
                    break;
                }
                Assert.Equal(137, daemon.WaitForExit());
                var before = tap.Counts()[1];
                Assert.True(DaemonProcess.Eventually(() => tap.Counts()[1] > before + 100), $"flows go on while nobody is there, after point {point}");
                Shell.Run($"rm {daemon.In("fault")}");
                daemon.StartUp(faults);
            }
            tap.AssertOnly(2);
            // Accepted before the kernel was touched: in force now, and the kernel is as if it had never had another.
            Assert.Contains($"port {2000 + point}", daemon.Ask("get policies"), StringComparison.Ordinal);
            var mended = Kernel(world);
            daemon.Stop("TERM");
            Assert.Equal(0, daemon.Run("erase").Code);
            Assert.DoesNotContain("waymark", World.In(world.NodeName, "nft", "list tables"), StringComparison.Ordinal);
            daemon.StartUp(faults);
            Assert.Equal(Kernel(world), mended);
        }
        Assert.True(point > 10, $"only {point - 1} points");
        tap.AssertOnly(2);
    }

    [Fact]
    public void Killed_at_each_point_of_its_first_apply_it_starts_again_as_if_nothing_had_been()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        var faults = $"WAYMARKD_FAULTS={daemon.In("fault")}";
        daemon.Write("policy.d/site.way", Policies(1));
        daemon.StartUp();
        var whole = Kernel(world);
        var point = 1;
        for (; ; point++)
        {
            daemon.Stop("KILL");
            Assert.Equal(0, daemon.Run("erase").Code);
            daemon.Write("fault", $"kill {point}");
            daemon.Start(faults);
            if (DaemonProcess.Eventually(() => !daemon.IsAlive || daemon.TryAsk("status -o json").Text.Contains("KERNEL_STATE_IN_STEP", StringComparison.Ordinal)) && daemon.IsAlive)
            {
                break;
            }
            Assert.Equal(137, daemon.WaitForExit());
            Shell.Run($"rm {daemon.In("fault")}");
            daemon.StartUp(faults);
            Assert.Equal(whole, Kernel(world));
        }
        Assert.True(point > 15, $"only {point - 1} points");
    }

    [Fact]
    public void Killed_at_each_point_of_an_apply_its_next_life_knows_a_flow_that_slept_through_it()
    {
        var code = 137;
        var point = 1;
        for (; code == 137; point++)
        {
            using var world = new World();
            using var daemon = new DaemonProcess(world);
            void Apply(string policies)
            {
                daemon.Write("policy.way", policies);
                code = daemon.TryAsk($"apply -f {daemon.In("policy.way")}").Code;
            }
            daemon.StartUp($"WAYMARKD_FAULTS={daemon.In("fault")}");
            Apply(ToFirst(1999));
            var sleepers = new[] { IpFamily.V4, IpFamily.V6 }.Select(family => (Family: family, Server: world.Udp(world.Far, family, port: Port), Client: world.Udp(world.Node, family))).ToList();
            sleepers.ForEach(one => Assert.Equal(World.Address(one.Family, 1), World.Ask(one.Client, one.Server, one.Family)));
            Apply(ToFirst(1998));
            daemon.Write("fault", $"kill {point}");
            Apply(ToFirst(1997));
            Shell.Run($"rm {daemon.In("fault")}");
            if (code != 0)
            {
                code = daemon.WaitForExit();
                daemon.StartUp();
            }
            // The generation in which they were classified comes again, and with it what forbids them their path.
            var killed = code;
            Apply($"{ToFirst(1400)} udp peer port 1401-1999 require label \"name\" = \"w2\" else drop;");
            sleepers.ForEach(one => Assert.NotEqual(World.Address(one.Family, 1), World.Ask(one.Client, one.Server, one.Family, 100)));
            code = killed;
        }
        Assert.True(point > 8, $"only {point - 1} points");
    }

    private static string ToFirst(int last) => $"udp peer port 1000-{last} require label \"name\" = \"w1\" else default;";

    /// <summary>All that is ours in the kernel, but for the generation, which counts the changes.</summary>
    private static string Kernel(World world)
    {
        var table = World.In(world.NodeName, "nft", "-s", "list", "table", "inet", "waymark").Split("\n\n").SelectMany(block => block.Split("\n\t}"))
            .Select(block => string.Join('\n', block.Split('\n').Where(line => !line.Contains("comment \"generation ", StringComparison.Ordinal)
                && !line.TrimStart().StartsWith('#') && !line.StartsWith("table", StringComparison.Ordinal)).Select(line => Regex.Replace(line.Trim(), "0x[48c]0000000/2", "GENERATION"))))
            .Where(block => block.Length > 2).Select(Sorted).Order(StringComparer.Ordinal);
        string[] lists = ["rule", "-6 rule", "route show table all", "-6 route show table all"];
        var routing = lists.SelectMany(list => World.In(world.NodeName, "ip", list.Split(' ')).Split('\n').Where(line => line.Contains("proto 177", StringComparison.Ordinal)).Select(line => line.Trim()).Order(StringComparer.Ordinal));
        return string.Join('\n', table) + "\n" + string.Join('\n', routing);
    }

    /// <summary>The elements of a map in order of value: the kernel lists them in order of its hashing.</summary>
    private static string Sorted(string block) => Elements().Replace(block, match =>
        "elements = { " + string.Join(", ", match.Groups[1].Value.Split(',').Select(one => one.Trim()).Order(StringComparer.Ordinal)) + " }");

    [GeneratedRegex(@"elements = \{([^}]*)\}")]
    private static partial Regex Elements();

    private static string Policies(int variant) => $"""
        udp peer port 1500, tcp peer port 1500 require label "name" = "w2" else drop;
        udp peer port {2000 + variant} require label "name" = "w{1 + (variant % 3)}" else default;
        tcp peer port 3000-3999 balance;
        """;
}
