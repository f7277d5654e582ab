namespace Waymark.SystemTests.Lab;

/// <summary>What an ordinary user sees of <c>waymark lab</c>, and what is left of it.</summary>
public sealed class OwnNamespacesTests : IDisposable
{
    private const string Uplinks = """
        node car;
        uplink dsl { interface eth1; address 192.168.1.20/24; gateway 192.168.1.1; masquerade; }
        uplink modem { interface ppp0; address 10.64.0.7/32; }
        server web { address 203.0.113.7; }
        server portal { address 198.51.100.1; behind modem; }
        """;

    private readonly LabProgram program = new();

    public void Dispose() => program.Dispose();

    [Fact]
    public void An_ordinary_user_may_have_a_lab_and_nothing_outside_changes()
    {
        const string Outside = "ip netns list; ip link; ip rule; nft list ruleset; cat /proc/mounts";
        var before = Shell.Run(Outside);
        program.StartUp();
        Assert.Equal(before, Shell.Run(Outside));
        Assert.Contains("nodes van, host, wifi-isp, lte-isp, sat-isp, internet", program.Lab("status").Text, StringComparison.Ordinal);
        var (code, text) = program.Lab("exec host ping -q -c 1 -W 5 192.168.50.1");
        Assert.True(code == 0, text);
        Assert.Equal((0, "the lab ends\n"), program.Lab("down"));
        Assert.Equal(0, program.WaitForExit());
        Assert.False(System.IO.File.Exists(program.In("socket/control")));
        Assert.Equal(before, Shell.Run(Outside));
        Assert.Equal((0, "no lab runs\n"), program.Lab("down"));
    }

    [Fact]
    public void A_killed_lab_leaves_no_namespace_and_does_not_hinder_the_next_one()
    {
        program.StartUp();
        var network = Shell.Run($"readlink /proc/{program.Id}/ns/net").Trim();
        Shell.Run($"kill -9 {program.Id}");
        program.WaitForExit();
        Assert.DoesNotContain(network, Namespaces(), StringComparison.Ordinal);
        Assert.Equal(1, program.Lab("status").Code);
        program.StartUp();
        Assert.Equal(0, program.Lab("down").Code);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public void What_was_started_in_it_ends_with_it(string how)
    {
        program.StartUp();
        Assert.Equal(0, program.Lab("exec van sh -c 'sleep 999 > /dev/null 2>&1 & sleep 998 > /dev/null 2>&1 & echo'").Code);
        Assert.Equal("999 998", Sleeping());
        if (how == "KILL")
        {
            Shell.Run($"kill -9 {program.Id}");
            program.WaitForExit();
            Assert.Equal("999 998", Sleeping());
        }
        Assert.Equal(0, program.Lab("down").Code);
        Assert.Equal("", Sleeping());

        static string Sleeping() => string.Join(' ', Shell.Try("ps -eo args").Text.Split('\n').Where(line => line is "sleep 999" or "sleep 998").Select(line => line[6..]).OrderDescending());
    }

    [Fact]
    public void Options_of_what_is_run_in_a_node_are_its_own()
    {
        program.StartUp();
        Assert.Contains("inet 192.168", program.Lab("exec van ip -o -4 addr show").Text, StringComparison.Ordinal);
        Assert.Contains("Usage: sleep", program.Lab("exec van sleep --help").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_says_to_try_first_works()
    {
        System.IO.File.WriteAllText(program.In("two.lab"), Uplinks);
        program.StartUp(program.In("two.lab"));
        var hint = program.Printed.Split('\n').Single(line => line.StartsWith("Try in another terminal: waymark lab ", StringComparison.Ordinal)).Split("waymark lab ")[1].Trim();
        // The other server is behind the uplink that the system does not take by itself.
        Assert.Equal("exec car ping -c 3 203.0.113.7", hint);
        var (code, text) = program.Lab(hint);
        Assert.True(code == 0, text);
    }

    [Fact]
    public void A_program_that_cannot_be_run_in_a_node_is_told_as_shells_do()
    {
        program.StartUp();
        System.IO.File.WriteAllText(program.In("notes.txt"), "");
        Assert.Equal((127, "waymark: no folder of PATH holds a program 'nosuch': install it, or give its path\n"), program.Lab("exec van nosuch --with arguments"));
        Assert.Equal((127, $"waymark: no folder of PATH holds a program 'waymark': did you mean '{program.In("waymark")}'?\n"), program.Lab("exec van waymark top"));
        Assert.Equal((127, $"waymark: there is no program './nosuch' here, in {program.Folder}\n"), program.Lab("exec van ./nosuch"));
        Assert.Equal((126, "waymark: './notes.txt' is not executable: 'chmod +x ./notes.txt' makes it so\n"), program.Lab("exec van ./notes.txt"));
        Assert.Equal((2, "waymark: no node is called 'vann'; did you mean 'van'?\n"), program.Lab("exec vann true"));
        Assert.Equal(7, program.Lab("exec van sh -c 'exit 7'").Code);
    }

    [Fact]
    public void Where_user_namespaces_are_forbidden_it_says_which_knob_forbids_them()
    {
        // In a user namespace of its own, where the knob counts for nobody else.
        var (code, text) = program.LabBehind("unshare --map-user=1000 --map-group=1000 --keep-caps sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"' sh setpriv --inh-caps=-all --ambient-caps=-all sh -c", "up");
        Assert.Equal((1, "waymark: this system lets no ordinary user make network namespaces (user.max_user_namespaces is 0): run it with sudo, or allow them with 'sudo sysctl user.max_user_namespaces=15000'\n"), (code, text));
    }

    [Fact]
    public void Ctrl_C_at_any_instant_of_its_start_leaves_nothing()
    {
        for (var milliseconds = 0; milliseconds <= 600; milliseconds += 40)
        {
            program.Start();
            Shell.Run(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sleep {milliseconds / 1000.0:0.000}"));
            InterruptAndLookAround($"after {milliseconds} ms");
        }
    }

    /// <summary>Of so many uplinks that it is still far from ready when the first of its nodes is there.</summary>
    [Fact]
    public void Ctrl_C_while_it_is_being_built_is_told_from_a_lab_that_has_done_its_work()
    {
        var uplinks = Enumerable.Range(1, 40).Select(number => $"uplink u{number} {{ interface eth{number}; address 192.168.{number}.20/24; gateway 192.168.{number}.1; }}");
        System.IO.File.WriteAllText(program.In("many.lab"), $"node car;\n{string.Join('\n', uplinks)}\nserver web {{ address 203.0.113.7; }}\n");
        program.Start(program.In("many.lab"));
        var first = $"/proc/{program.Id}/root/run/netns/car";
        Assert.True(Faults.DaemonProcess.Eventually(() => System.IO.File.Exists(first)), "the lab has a first node");
        InterruptAndLookAround("while it is being built");
        Assert.Contains("given up before the lab was built; nothing of it is left", program.Printed, StringComparison.Ordinal);
    }

    /// <summary>Sends it to all of the terminal's foreground group, as the terminal does.</summary>
    private void InterruptAndLookAround(string when)
    {
        var network = Shell.Try($"readlink /proc/{program.Id}/ns/net").Text.Trim();
        Assert.True(Faults.DaemonProcess.Eventually(() => Shell.Try($"kill -s INT -- -{program.Id}").Code == 0), "the lab has a group");
        program.WaitForExit();
        Assert.DoesNotContain("failed", program.Printed, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(program.In("socket/control")), $"the socket {when}");
        Assert.True(network == Shell.Run("readlink /proc/self/ns/net").Trim() || !Namespaces().Contains(network, StringComparison.Ordinal), $"processes {when}");
    }

    /// <summary>Of all processes that there are.</summary>
    private static string Namespaces() => Shell.Try("readlink /proc/[0-9]*/ns/net").Text;
}
